//! The vote on a step's prediction: what the wall shows of it in stages, and how the desk goes from one stage to the next.

use leptos::prelude::*;

use super::{
    parts::{bar, press},
    room::Room,
    setup::Part,
};
use crate::{
    class::{
        ballot::{Reveal, of_step},
        order::Order,
        view::Shown,
    },
    i18n::{t, tf},
    ui::{figures, stage::NOT_SURE},
};

/// The stages, with the keys of their names.
const STAGES: [(Reveal, &str); 4] = [
    (Reveal::Hidden, "class.reveal_hidden"),
    (Reveal::Votes, "class.reveal_votes"),
    (Reveal::Wire, "class.reveal_wire"),
    (Reveal::Reason, "class.reveal_reason"),
];

/// The letters that options are called by.
const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// The vote on the step, among these.
pub fn of_the_step(room: Room, all: impl Fn() -> Vec<Shown> + Send + Sync + 'static) -> Memo<Shown> {
    let step = room.step();
    Memo::new(move |_| {
        let name = of_step(&step.get());
        all().into_iter().find(|shown| shown.name == name).unwrap_or(Shown { name, ..Shown::default() })
    })
}

/// The options as bars. `sees` is how much of the vote this face may show now.
pub fn bars(part: &Part, shown: Memo<Shown>, sees: Signal<Reveal>) -> AnyView {
    let not_sure = (NOT_SURE.to_owned(), t("step.not_sure"), false);
    let options =
        part.options.iter().map(|option| (option.name.clone(), option.html.clone(), option.name == part.right));
    let rows = options.chain([not_sure]).enumerate().map(|(nth, (name, html, right))| {
        let unsure = name == NOT_SURE;
        let count = Memo::new(move |_| {
            shown.with(|shown| shown.counts.iter().find(|(option, _)| *option == name).map_or(0, |(_, count)| *count))
        });
        let total = move || shown.with(|shown| shown.total).max(1);
        let open = move || sees.get() >= Reveal::Votes;
        let is_right = move || (right && sees.get() >= Reveal::Reason).to_string();
        let words = move || {
            let count = count.get();
            tf(
                "class.count_share",
                &[
                    ("n", &count.to_string()),
                    ("share", &format!("{:.0}", f64::from(count) * 100.0 / f64::from(total()))),
                ],
            )
        };
        let letter = if unsure { "?" } else { LETTERS.get(nth).copied().unwrap_or("•") };
        view! {
            <li data-right=is_right hidden=move || unsure && !(open() && count.get() > 0)>
                <span class="letter" aria-hidden="true">{letter}</span>
                <div class="words" inner_html=html></div>
                <div class="count" hidden=move || !open()>
                    {bar(move || f64::from(count.get()) / f64::from(total()))}
                    <b>{words}</b>
                </div>
                <span class="is-right" hidden=move || is_right() == "false">{t("class.is_right")}</span>
            </li>
        }
    });
    view! { <ol class="bars">{rows.collect_view()}</ol> }.into_any()
}

/// What the labs measured of what was predicted.
pub fn measured(part: &Part, shown: Memo<Shown>, sees: Signal<Reveal>) -> AnyView {
    let figure = part.measured;
    let words = move || {
        let (figure, measured) = (figure?, shown.with(|shown| shown.measured)?);
        let say = |value| {
            let (number, unit) = figures::number(figure, Some(value));
            format!("{number}\u{a0}{unit}").trim_end().to_owned()
        };
        let values = [
            ("figure", t(&figures::key(figure))),
            ("n", measured.labs.to_string()),
            ("median", say(measured.median)),
            ("least", say(measured.least)),
            ("most", say(measured.most)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Some(tf(if measured.labs > 1 { "class.measured" } else { "class.measured_one" }, &values))
    };
    view! {
        <p class="measured" hidden=move || sees.get() < Reveal::Wire>
            {move || words().unwrap_or_else(|| t("class.measured_none"))}
        </p>
    }
    .into_any()
}

/// The vote on the desk: who says what, how much of it is shown, and the show of hands.
pub fn desk(room: Room, part: &Part) -> AnyView {
    if part.options.is_empty() {
        return ().into_any();
    }
    let ballots = room.of(|desk| desk.ballots.clone());
    let shown = of_the_step(room, move || ballots.get());
    let everything = Signal::stored(Reveal::Reason);
    let total = move || tf("class.voted_n", &[("n", &shown.with(|shown| shown.total).to_string())]);
    view! {
        <section class="vote" aria-labelledby="vote-title">
            <h3 id="vote-title">{t("class.vote")}</h3>
            <div class="question" inner_html=part.question.clone()></div>
            {bars(part, shown, everything)}
            {measured(part, shown, everything)}
            <p class="counts">{total}</p>
            {stages(room, shown)}
            {hands(room, part, shown)}
        </section>
    }
    .into_any()
}

/// The class's quiz on the desk: how many answered each question rightly, before and after.
pub fn quiz(room: Room) -> AnyView {
    let ballots = room.of(|desk| desk.ballots.clone());
    let questions = room.setup.with_value(|setup| setup.questions.clone());
    let rows = questions.into_iter().map(|question| {
        let cell = |round: &'static str| {
            let (name, right) = ([round, "/", &question.name].concat(), question.right.clone());
            move || {
                ballots.with(|ballots| {
                    let shown = ballots.iter().find(|shown| shown.name == name)?;
                    let right = shown.counts.iter().find(|(option, _)| *option == right).map_or(0, |(_, count)| *count);
                    Some(tf("class.right_of", &[("n", &right.to_string()), ("of", &shown.total.to_string())]))
                })
            }
        };
        let (before, after) = (cell("before"), cell("after"));
        view! {
            <tr>
                <th scope="row">{question.asked.clone()}</th>
                <td>{before}</td>
                <td>{after}</td>
            </tr>
        }
    });
    view! {
        <section class="quiz-desk" aria-labelledby="quiz-title">
            <h3 id="quiz-title">{t("class.quiz")}</h3>
            <p class="none">{t("class.quiz_desk")}</p>
            <table class="sums">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">{t("class.phase_before")}</th>
                        <th scope="col">{t("class.phase_after")}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// The stages of revealing, one of them in force.
pub fn stages(room: Room, shown: Memo<Shown>) -> AnyView {
    let buttons = STAGES.map(|(reveal, key)| {
        let now = move || (shown.with(|shown| shown.reveal) == reveal).to_string();
        let order = move |_| room.order(Order::Reveal { ballot: shown.with_untracked(|shown| shown.name.clone()), reveal });
        view! {
            <button type="button" class="pill" data-reveal=key aria-pressed=now disabled=move || !room.may() on:click=order>
                {t(key)}
            </button>
        }
    });
    view! {
        <div class="stages" role="group" aria-label=t("class.reveal")>
            <span>{t("class.reveal")}</span>
            {buttons.into_iter().collect_view()}
        </div>
    }
    .into_any()
}

fn hands(room: Room, part: &Part, shown: Memo<Shown>) -> AnyView {
    let before = shown.with_untracked(|shown| shown.hands.clone());
    let names: Vec<String> = part.options.iter().map(|option| option.name.clone()).collect();
    let counts = RwSignal::new(
        names
            .iter()
            .map(|name| {
                let known = before.iter().find(|(option, _)| option == name).map_or(0, |(_, count)| *count);
                (name.clone(), known)
            })
            .collect::<Vec<_>>(),
    );
    let fields = names.iter().enumerate().map(|(nth, _)| {
        let value = counts.with_untracked(|counts| counts[nth].1);
        let typed = move |event| {
            let count = event_target_value(&event).parse().unwrap_or(0);
            counts.update(|counts| counts[nth].1 = count);
        };
        view! {
            <label class="control">
                <span>{LETTERS.get(nth).copied().unwrap_or("•")}</span>
                <input type="number" min="0" max="10000" step="1" value=(value > 0).then(|| value.to_string()) on:input=typed />
            </label>
        }
    });
    let order = move || {
        let ballot = shown.with_untracked(|shown| shown.name.clone());
        let counts = counts.get_untracked().into_iter().filter(|(_, count)| *count > 0).collect();
        Some(Order::Hands { ballot, counts })
    };
    let alone = room.share(|common| common.alone);
    view! {
        <details class="hands" open=move || alone.get()>
            <summary>{t("class.hands")}</summary>
            <p>{t("class.hands_text")}</p>
            <p class="tools">{fields.collect_view()} {press(room, t("class.hands_count"), order)}</p>
        </details>
    }
    .into_any()
}
