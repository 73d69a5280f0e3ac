//! The wall: the step in large type, the vote, what the class's labs counted, what is broken, and the way in for those who come late.

use leptos::prelude::*;

use super::{
    desk::address,
    link::Standing,
    parts::{broken, hue, large, sums},
    room::Room,
    vote, watch,
};
use crate::{
    class::{
        ballot::Reveal,
        order::{Face, Phase, Steering},
        view::Wall,
    },
    i18n::{t, tf},
};

/// The wall.
pub fn view(room: Room) -> AnyView {
    room.open(Face::Projector);
    let (phase, step) = (room.phase(), room.step());
    let eyes = room.share(|common| common.steering.1 == Steering::Eyes);
    let scene = Memo::new(move |_| match phase.get() {
        Phase::Before | Phase::After => "quiz",
        Phase::Lobby => "lobby",
        Phase::Lessons if step.with(String::is_empty) => "lobby",
        Phase::Lessons => "step",
    });
    let words = move || match room.standing.get() {
        Standing::Connecting => t("class.connecting"),
        Standing::Live => String::new(),
        Standing::Away => t("class.away"),
        Standing::Gone => t("class.no_class"),
    };
    let closed = room.share(|common| common.closed);
    let content = move || match scene.get() {
        _ if closed.get() => view! { <div class="lobby"><h1>{t("class.is_over")}</h1></div> }.into_any(),
        "quiz" => quiz(room),
        "step" => on_step(room),
        _ => lobby(room),
    };
    view! {
        <div class="wall" data-scene=move || scene.get() data-standing=move || room.standing.get().name()>
            <p class="state" role="status" hidden=move || words().is_empty()>{words}</p>
            <p class="eyes" role="status" hidden=move || !eyes.get()>{t("class.eyes")}</p>
            {content}
            {foot(room, scene)}
        </div>
    }
    .into_any()
}

fn of<T: PartialEq + Clone + Send + Sync + 'static>(
    room: Room,
    look: impl Fn(&Wall) -> T + Send + Sync + 'static,
) -> Memo<T> {
    Memo::new(move |_| room.wall.with(&look))
}

/// Always there: the code, for who comes late; what is broken.
fn foot(room: Room, scene: Memo<&'static str>) -> AnyView {
    let faults = of(room, |wall| wall.faults.clone());
    let present = room.share(|common| common.present);
    view! {
        <footer>
            <div class="faults" data-on=move || faults.with(|faults| !faults.is_empty()).to_string()>
                {move || faults.with(|faults| broken(faults))}
            </div>
            <p class="here" hidden=move || scene.get() == "lobby">
                <span>{move || tf("class.here", &[("n", &present.get().to_string())])}</span>
                <b class="class-code">{room.spaced()}</b>
            </p>
        </footer>
    }
    .into_any()
}

fn qr(room: Room) -> AnyView {
    let src = super::api::class_path(&room.code(), "/qr.svg");
    view! { <img class="qr" src=src alt=t("class.qr") /> }.into_any()
}

fn lobby(room: Room) -> AnyView {
    let present = room.share(|common| common.present);
    view! {
        <div class="lobby">
            <h1>{t("class.join_here")}</h1>
            <div class="way-in">
                {qr(room)}
                <div>
                    {address(room)}
                    <p>{t("class.the_code")}</p>
                    <p class="class-code">{room.spaced()}</p>
                    <p class="here" role="status">{move || tf("class.here", &[("n", &present.get().to_string())])}</p>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn quiz(room: Room) -> AnyView {
    let ballots = of(room, |wall| wall.ballots.clone());
    let phase = room.phase();
    let title = move || t(if phase.get() == Phase::Before { "class.phase_before" } else { "class.phase_after" });
    let kind = move || if phase.get() == Phase::Before { "before/" } else { "after/" };
    let rows = move || {
        let row = |shown: &crate::class::view::Shown| {
            let name = shown.name.strip_prefix(kind())?;
            Some(view! {
                <li>
                    <span>{room.setup.with_value(|setup| setup.asked(name))}</span>
                    <b>{tf("class.answers", &[("n", &shown.total.to_string())])}</b>
                </li>
            })
        };
        ballots.with(|ballots| ballots.iter().filter_map(row).collect_view())
    };
    view! {
        <div class="quiz-wall">
            <h1>{title}</h1>
            <p class="lead">{t("class.quiz_text")}</p>
            <ul>{rows}</ul>
        </div>
    }
    .into_any()
}

fn on_step(room: Room) -> AnyView {
    let ballots = of(room, |wall| wall.ballots.clone());
    let shown = vote::of_the_step(room, move || ballots.get());
    let sees = Signal::derive(move || shown.with(|shown| shown.reveal));
    let watch = of(room, |wall| wall.watch.clone());
    let watching = Memo::new(move |_| watch.with(Option::is_some));
    let alone = room.share(|common| common.alone);
    let content = move || {
        let part = room.part.get()?;
        let total = move || tf("class.voted_n", &[("n", &shown.with(|shown| shown.total).to_string())]);
        let vote = (!part.options.is_empty()).then(|| {
            view! {
                <section class="vote">
                    {vote::bars(&part, shown, sees)}
                    <p class="counts">{total}</p>
                </section>
            }
        });
        let measured = vote::measured(&part, shown, sees);
        let recording = part.recording.clone().map(|href| {
            view! {
                <a class="button" href=href target="_blank" hidden=move || !alone.get()>
                    {t("class.recording")}
                </a>
            }
        });
        let seen = move || watching.get().then(|| watch::picture(watch.into()));
        Some(view! {
            <div class="on-step" data-technique=hue(part.technique) data-watch=move || watching.get().to_string()>
                <h1 inner_html=part.title></h1>
                <div class="left">
                    // What is to be done first, then what was asked, then why.
                    <div class="do text" inner_html=part.run hidden=move || sees.get() != Reveal::Hidden></div>
                    <div class="question text" inner_html=part.question hidden=move || sees.get() == Reveal::Reason></div>
                    {measured}
                    <div class="why text" inner_html=part.explain hidden=move || sees.get() != Reveal::Reason></div>
                    {recording}
                    {seen}
                </div>
                <div class="right">{vote}</div>
                {ledger(room)}
            </div>
        })
    };
    view! { {content} }.into_any()
}

/// What all labs counted together, in a sentence and, with halves, side by side.
fn ledger(room: Room) -> AnyView {
    let parts = of(room, |wall| wall.parts.clone());
    let reached = of(room, |wall| (wall.reached, wall.signals));
    let alone = room.share(|common| common.alone);
    let sentence = move || {
        parts.with(|parts| {
            let all = parts.first().filter(|part| part.readers > 0 && part.sums.requests > 0)?;
            let empty = all.sums.empty as f64 * 100.0 / all.sums.requests as f64;
            let values = [all.readers.to_string(), large(all.sums.requests), format!("{empty:.0}")];
            Some(tf("class.together", &[("n", &values[0]), ("requests", &values[1]), ("empty", &values[2])]))
        })
    };
    let halves = move || parts.with(|parts| (parts.len() > 1).then(|| sums(&parts[1..])));
    let goals = move || {
        let (reached, (done, stuck)) = reached.get();
        let [reached, done, stuck] = [reached, done, stuck].map(|n| n.to_string());
        tf("class.goals", &[("reached", &reached), ("done", &done), ("stuck", &stuck)])
    };
    view! {
        <section class="together" hidden=move || alone.get()>
            <p class="sentence">{sentence}</p>
            {halves}
            <p class="counts">{goals}</p>
        </section>
    }
    .into_any()
}
