//! The smaller parts around the picture: the board, the strip of figures, the connection's state.

use leptos::prelude::*;

use super::{
    compare,
    rig::{Rig, Standing},
};
use crate::{
    i18n::{t, tf},
    lesson::manifest::Control,
    ui::figures,
    wire::observation::Ask,
};

/// What the page's own board shows: the list of alerts, and a sign when it went back in time.
pub fn board(rig: Rig) -> impl IntoView {
    let (polls_job, newsless) =
        rig.stage.play.with_value(|play| (play.step.client.ask == Ask::Job, play.step.is_without_news()));
    let progress = move || {
        let done = rig.stage.ledger.with(|ledger| ledger.figure(crate::ledger::Figure::JobsDone)).unwrap_or_default();
        tf("lab.jobs_done", &[("n", &format!("{done:.0}"))])
    };
    let results = polls_job.then(|| view! { <p class="board" role="status">{progress}</p> });
    let title = move || match rig.board.with(|board| board.version) {
        0 => t("lab.board_empty"),
        version => tf("lab.board_version", &[("n", &version.to_string())]),
    };
    let rows = move || {
        rig.board.with(|board| {
            board
                .alerts
                .iter()
                .take(6)
                .map(|alert| {
                    let words = tf(
                        "lab.alert",
                        &[("district", &alert.district.to_string()), ("cases", &alert.cases.to_string())],
                    );
                    view! { <li data-level=alert.level.to_string()>{words}</li> }
                })
                .collect_view()
        })
    };
    let list = (!newsless).then(|| {
        view! {
            <section class="board" hidden=move || rig.is_shared() data-back=move || rig.board.with(|board| board.back).to_string()>
                <h3 role="status">
                    {title}
                    <b hidden=move || !rig.board.with(|board| board.back)>{t("lab.board_back")}</b>
                </h3>
                <ul>{rows}</ul>
            </section>
        }
    });
    (results, list)
}

/// The figures that matter here, large; the rest folds away.
pub fn strip(rig: Rig) -> impl IntoView {
    let large = rig.stage.play.with_value(|play| play.step.figures.clone());
    let compares = rig.stage.play.with_value(|play| {
        let several = [Control::Technique, Control::Beside].iter().any(|control| play.step.controls.contains(control));
        several || !play.step.beside.is_empty() || play.step.client.ladder
    });
    // A crowd's own panel tells the rest of it.
    let rest = figures::ALL.iter().filter(|figure| !large.contains(figure) && !figure.is_of_crowd());
    let rest = rest.copied().collect::<Vec<_>>();
    view! {
        <div class="ledger" id="lab-ledger">
            {large.into_iter().map(|figure| figures::live(rig.stage, figure)).collect_view()}
            {compares.then(|| compare::table(rig))}
            <details class="all">
                <summary>{t("lab.all_figures")}</summary>
                <div class="rest">{rest.into_iter().map(|figure| figures::live(rig.stage, figure)).collect_view()}</div>
            </details>
        </div>
    }
}

/// How the lab is connected, in words, and what was dropped on the way, if anything was.
pub fn standing(rig: Rig) -> impl IntoView {
    let words = move || match rig.standing.get() {
        Standing::Asleep if rig.stage.must_predict() => t("lab.predict_first"),
        Standing::Asleep => String::new(),
        Standing::Connecting => t("lab.connecting"),
        Standing::Aligning => t("lab.aligning"),
        Standing::Away => t("lab.away"),
        Standing::Refused => tf("lab.refused", &[("why", &rig.refusal.get())]),
        Standing::Live if rig.stage.ready.get() && rig.stage.must_predict() => t("lab.predict_first"),
        // Nothing, if nothing was refused.
        Standing::Live => rig.refusal.get(),
    };
    let dropped = move || rig.state.with(|state| state.dropped.iter().sum::<u64>());
    // Where everything works there is nothing to say, and no room to take.
    let quiet = move || words().is_empty() && dropped() == 0;
    view! {
        <p class="standing" role="status" data-quiet=move || quiet().to_string() data-standing=move || rig.standing.get().name()>
            {words}
            <b hidden=move || dropped() == 0>{move || tf("lab.dropped", &[("n", &dropped().to_string())])}</b>
        </p>
    }
}
