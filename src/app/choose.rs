//! The chooser: a form of seven questions, and the advice. It works without a script: the answers stand in the address, which
//! can be sent to somebody.

use axum::extract::Query;
use leptos::prelude::*;

use super::{
    Here,
    page::Page,
    shell::{Sheet, technique_name},
};
use crate::{
    i18n::{t, tf},
    lesson::chooser::{Advice, Task, Way, advise},
    ui::evidence::Evidence,
};

/// The questions with their answers, by the names they have in the address and in the words. The first answer is the one of
/// a task of which nothing is said.
const QUESTIONS: [(&str, &[&str]); 7] = [
    ("direction", &["down", "both"]),
    ("rate", &["rare", "some", "many"]),
    ("delay", &["now", "seconds", "minute"]),
    ("payload", &["text", "binary"]),
    ("way", &["own", "unknown", "hostile"]),
    ("old", &["no", "yes"]),
    ("loss", &["nothing", "newest"]),
];

/// The page.
pub fn choose(here: &Here) -> Sheet {
    // An address that somebody changed by hand is answered as if it said nothing.
    let task = Query::<Task>::try_from_uri(&here.uri).ok();
    let asked = task.as_ref().and(here.uri.query()).unwrap_or_default().to_owned();
    let task = task.map(|query| query.0).unwrap_or_default();
    let questions = QUESTIONS.map(|(name, answers)| question(&asked, name, answers));
    let advice = advise(task);
    let body = view! {
        <div class="sheet wide chooser">
            <h1>{t("choose.title")}</h1>
            <p class="lead">{t("choose.intro")}</p>
            <form method="get" action=here.path(&Page::Choose)>
                {Vec::from(questions)}
                <button class="button go">{t("choose.ask")}</button>
            </form>
            <section class="advice" id="advice" aria-label=t("choose.advice")>{said(&advice)}</section>
            <section class="evidence">
                <h2>{t("choose.evidence")}</h2>
                {view! { <Evidence /> }.into_any()}
            </section>
        </div>
    };
    Sheet::new("choose", t("choose.title"), body)
}

fn question(asked: &str, name: &'static str, answers: &'static [&'static str]) -> impl IntoView + use<> {
    let given = asked.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let given = given.filter(|given| answers.contains(given)).unwrap_or(answers[0]);
    let options: Vec<_> = answers
        .iter()
        .map(|answer| {
            let id = format!("{name}-{answer}");
            view! {
                <span>
                    <input type="radio" id=id.clone() name=name value=*answer checked=*answer == given />
                    <label for=id>{t(&format!("choose.a_{answer}"))}</label>
                </span>
            }
        })
        .collect();
    view! {
        <fieldset>
            <legend>{t(&format!("choose.q_{name}"))}</legend>
            {options}
        </fieldset>
    }
}

fn said(advice: &Advice) -> impl IntoView + use<> {
    let why: Vec<_> = advice.why.iter().map(|why| view! { <li>{t(&format!("choose.{why}"))}</li> }).collect();
    let best = tf("choose.recommend", &[("name", &name(advice.best))]);
    let also: Vec<_> = advice.also.iter().map(|way| other(*way, "choose.also")).collect();
    let not: Vec<_> = advice.not().map(|way| other(way, "choose.not")).collect();
    view! {
        <div class="best" data-technique=technique_name(advice.best.technique())>
            <h2>{best}</h2>
            <ul>{why}</ul>
            <p class="price"><b>{t("choose.price")}</b>" "{t(&format!("choose.price_{}", advice.best.name()))}</p>
        </div>
        <ul class="others">{also} {not}</ul>
    }
}

fn other(way: Way, key: &'static str) -> impl IntoView + use<> {
    let (for_it, price) = (t(&format!("choose.for_{}", way.name())), t(&format!("choose.price_{}", way.name())));
    view! {
        <li data-technique=technique_name(way.technique())>
            <p><small>{t(key)}</small><b>{name(way)}</b></p>
            <p>{for_it}</p>
            <p class="price"><b>{t("choose.price")}</b>" "{price}</p>
        </li>
    }
}

fn name(way: Way) -> String {
    t(&format!("choose.name_{}", way.name()))
}
