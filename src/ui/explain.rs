//! What is to be done, and the explanation, which opens when it is done.

use leptos::prelude::*;

use super::{
    figures,
    stage::{NOT_SURE, Stage},
};
use crate::i18n::{t, tf};

/// The explanation: prediction and measurement side by side, then why.
#[island]
pub fn Explain(
    /// The words, rendered by the server.
    children: Children,
) -> impl IntoView {
    let stage = expect_context::<Stage>();
    let anyway = RwSignal::new(false);
    // It opens when the goal is met and a reason was chosen; nobody is locked out of the text.
    let open = move || anyway.get() || stage.memory.with(|memory| memory.done && memory.reason.is_some());
    let right = move || stage.play.with_value(|play| play.step.predict.right.clone());
    let words = move |option: &str| {
        if option == NOT_SURE {
            return t("step.not_sure");
        }
        stage.options.with(|options| {
            options.iter().find(|known| known.name == option).map(|known| known.html.clone()).unwrap_or_default()
        })
    };
    let predicted = move || stage.memory.with(|memory| memory.prediction.clone());
    let fits = move || predicted().is_some_and(|predicted| predicted == right());
    let measured = stage.play.with_value(|play| play.step.predict.measured);
    let reading = move || {
        measured.map(|figure| {
            let (value, unit) = stage.ledger.with(|ledger| figures::number(figure, ledger.figure(figure)));
            // Number and unit stay on one line.
            tf("step.reading", &[("figure", &t(&figures::key(figure))), ("value", &format!("{value}\u{a0}{unit}"))])
        })
    };
    view! {
        <section class="explain" data-open=move || open().to_string()>
            <button
                class="pill"
                hidden=open
                disabled=move || !stage.ready.get()
                on:click=move |_| anyway.set(true)
            >
                {t("step.explain_anyway")}
            </button>
            <div class="unfold" hidden=move || !open()>
                <dl class="against" hidden=move || predicted().is_none()>
                    <div data-fits=move || fits().to_string()>
                        <dt>{t("step.your_prediction")}</dt>
                        <dd inner_html=move || predicted().map(|predicted| words(&predicted)).unwrap_or_default()></dd>
                    </div>
                    <div>
                        <dt>{t("step.what_happened")}</dt>
                        <dd inner_html=move || words(&right())></dd>
                        <dd class="reading">{reading}</dd>
                    </div>
                </dl>
                {children()}
            </div>
        </section>
    }
}

/// What is to be done, how far it is, and hints one after the other.
#[island]
pub fn Goal(
    /// Each hint as HTML, from gentle to plain.
    hints: Vec<String>,
    /// The task, rendered by the server.
    children: Children,
) -> impl IntoView {
    let stage = expect_context::<Stage>();
    let given = RwSignal::new(0);
    let count = hints.len();
    let progress = Memo::new(move |_| {
        if stage.memory.with(|memory| memory.done) {
            return 1.0;
        }
        stage.play.with_value(|play| {
            let checks = &play.step.goal;
            let sum: f64 = stage.ledger.with(|ledger| checks.iter().map(|check| ledger.progress(check)).sum());
            if checks.is_empty() { 0.0 } else { sum / checks.len() as f64 }
        })
    });
    let reached = move || {
        stage.play.with_value(|play| {
            !play.step.goal.is_empty()
                && stage.ledger.with(|ledger| play.step.goal.iter().all(|check| ledger.holds(check)))
        })
    };
    Effect::new(move |_| {
        if stage.ready.get() && reached() && !stage.memory.with_untracked(|memory| memory.done) {
            stage.memory.update(|memory| memory.done = true);
        }
    });
    let done = move || stage.memory.with(|memory| memory.done);
    let state = move || {
        if done() {
            t("step.goal_reached")
        } else if progress.get() > 0.0 {
            tf("step.goal_progress", &[("percent", &format!("{:.0}", progress.get() * 100.0))])
        } else {
            t("step.goal_waiting")
        }
    };
    let more = move || given.get() < count && !done();
    let rows = hints
        .into_iter()
        .enumerate()
        .map(|(nth, html)| {
            let hidden = move || nth >= given.get();
            view! { <li hidden=hidden inner_html=html></li> }
        })
        .collect_view();
    view! {
        <section class="goal box" data-done=move || done().to_string()>
            <div class="ring-row">
                <svg class="ring" viewBox="0 0 36 36" aria-hidden="true">
                    <circle class="ring-track" cx="18" cy="18" r="15" />
                    <circle
                        class="ring-fill"
                        cx="18"
                        cy="18"
                        r="15"
                        pathLength="100"
                        stroke-dasharray=move || format!("{:.0} 100", progress.get() * 100.0)
                        transform="rotate(-90 18 18)"
                    />
                    <path class="ring-tick" d="m11 18.5 5 5 9-10" />
                </svg>
                <div>
                    {children()}
                    <p class="goal-state" role="status">{state}</p>
                </div>
            </div>
            <ol class="hints" hidden=move || given.get() == 0>{rows}</ol>
            <button
                class="quiet"
                hidden=move || !more()
                disabled=move || !stage.ready.get()
                on:click=move |_| given.update(|given| *given += 1)
            >
                {move || if given.get() == 0 { t("step.hint") } else { t("step.next_hint") }}
            </button>
        </section>
    }
}
