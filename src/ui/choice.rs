//! A question with options that lock: the prediction before a run, the reason after it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    class::member::{Member, share},
    stage::{Choosable, NOT_SURE, Stage},
};
use crate::i18n::{t, tf};

/// Which of a step's two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Before the run; "not sure" is offered too.
    Prediction,
    /// After the run; says at once whether it is right.
    Reason,
}

/// A question of a step.
#[island]
pub fn Choice(
    /// Which of the two.
    which: Which,
    /// The options, in order.
    mut options: Vec<Choosable>,
    /// The question, rendered by the server.
    children: Children,
) -> impl IntoView {
    let stage = expect_context::<Stage>();
    let (locked, right, name) = match which {
        Which::Prediction => {
            stage.options.set(options.clone());
            options.push(Choosable { name: NOT_SURE.to_owned(), html: t("step.not_sure") });
            let locked = Signal::derive(move || stage.memory.with(|memory| memory.prediction.clone()));
            (locked, None, "prediction")
        }
        Which::Reason => {
            let locked = Signal::derive(move || stage.memory.with(|memory| memory.reason.clone()));
            (locked, stage.play.with_value(|play| Some(play.step.reason.right.clone())), "reason")
        }
    };
    let lock = move |chosen: String| {
        stage.memory.update(|memory| match which {
            Which::Prediction => memory.prediction = Some(chosen),
            Which::Reason => memory.reason = Some(chosen),
        });
    };
    // The reason is asked for once there is something to explain.
    let shut = move || which == Which::Reason && !stage.memory.with(|memory| memory.done);
    view! {
        <section
            class="choice box"
            data-which=name
            data-hydrated=move || stage.ready.get().to_string()
            hidden=shut
            // Who chooses will run next.
            on:change=move |_| stage.wanted.set(true)
        >
            {children()}
            {question(name.to_owned(), options, right, locked, stage.ready.into(), lock)}
            {(which == Which::Prediction).then(|| shares(stage))}
        </section>
    }
}

/// What the class of this reader predicted, once its instructor shows that.
fn shares(stage: Stage) -> impl IntoView {
    let own = Member::here().own;
    let rows = move || {
        let step = stage.name();
        let row = |option: &Choosable| {
            let (count, of) = own.with(|own| share(own.as_ref()?, &step, &option.name))?;
            let words = tf("member.share", &[("count", &count.to_string()), ("of", &of.to_string())]);
            Some(view! {
                <li>
                    <span inner_html=option.html.clone()></span>
                    <meter min="0" max=of.to_string() value=count.to_string()></meter>
                    <b>{words}</b>
                </li>
            })
        };
        let rows: Vec<_> = stage.options.with(|options| options.iter().filter_map(row).collect());
        (!rows.is_empty()).then(|| view! { <ul class="shares" aria-label=t("member.shares")>{rows}</ul> })
    };
    view! { <div class="class-vote">{rows}</div> }
}

/// The options as radio buttons with a button that locks the one chosen. Once locked, the right one is marked, if it is
/// given.
pub fn question(
    name: String,
    options: Vec<Choosable>,
    right: Option<String>,
    locked: Signal<Option<String>>,
    ready: Signal<bool>,
    lock: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let chosen = RwSignal::new(None::<String>);
    let picked = move || locked.get().or_else(|| chosen.get());
    let right = StoredValue::new(right);
    let rows = options
        .into_iter()
        .map(|Choosable { name: option, html }| {
            let option = StoredValue::new(option);
            let here = move || picked().is_some_and(|picked| option.with_value(|option| *option == picked));
            let mark = move || {
                let is_right = right.with_value(|right| option.with_value(|option| right.as_ref() == Some(option)));
                match (locked.get().is_some(), here(), is_right) {
                    (true, _, true) => "right",
                    (true, true, false) if right.with_value(Option::is_some) => "wrong",
                    (true, true, _) => "locked",
                    _ => "",
                }
            };
            view! {
                <label class="option" data-mark=mark data-option=option.get_value()>
                    <input
                        type="radio"
                        name=name.clone()
                        value=option.get_value()
                        prop:checked=here
                        disabled=move || !ready.get() || locked.get().is_some()
                        on:change=move |_| chosen.set(Some(option.get_value()))
                    />
                    <span inner_html=html></span>
                </label>
            }
        })
        .collect_view();
    let verdict = move || match (locked.get(), right.get_value()) {
        (Some(locked), Some(right)) if locked == right => t("step.right"),
        (Some(_), Some(_)) => t("step.not_quite"),
        (Some(_), None) => t("step.locked"),
        (None, _) => String::new(),
    };
    view! {
        <fieldset class="options">
            <legend class="hidden">{t("step.options")}</legend>
            {rows}
        </fieldset>
        <div class="verdict">
            <button
                class="pill lock"
                disabled=move || !ready.get() || chosen.get().is_none()
                hidden=move || locked.get().is_some()
                on:click=move |_| {
                    if let Some(chosen) = chosen.get_untracked() {
                        lock(chosen);
                    }
                }
            >
                {t("step.lock")}
            </button>
            <span role="status">{verdict}</span>
        </div>
    }
}
