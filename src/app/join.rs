//! A reader's way into a class: the join page, the room where one waits for it to begin, and its quiz.

use leptos::prelude::*;

use super::{
    Here,
    lesson::options,
    page::{Page, Round},
    shell::Sheet,
};
use crate::{
    class::Code,
    i18n::{t, tf},
    lesson::{class_quiz::questions, render::Renderer},
    ui::class::{ask::ClassQuestion, join::Join},
};

/// The join page of a class. Whether there is one with this code, the page's script finds out.
pub fn join(here: &Here, code: &Code) -> Sheet {
    let (name, locale) = (code.to_string(), here.locale);
    let heading = tf("page.join", &[("code", &code.spaced())]);
    let body = view! {
        <article class="sheet join">
            <h1>{heading.clone()}</h1>
            <p class="lead">{t("page.join_text")}</p>
            {view! { <Join code=name locale /> }.into_any()}
            <p class="small">{t("page.join_data")}</p>
        </article>
    };
    Sheet::new("join", heading, body)
}

/// The room: who has joined waits here.
pub fn room(here: &Here, code: &Code) -> Sheet {
    let heading = tf("page.room", &[("code", &code.spaced())]);
    let body = view! {
        <article class="sheet join">
            <h1>{heading.clone()}</h1>
            <p class="lead">{t("page.room_text")}</p>
            <p><a href=here.path(&Page::Join(code.clone()))>{t("page.room_again")}</a></p>
        </article>
    };
    Sheet::new("room", heading, body)
}

/// The quiz: the same questions before and after, and no word on what is right.
pub fn quiz(here: &Here, round: Round) -> Sheet {
    let renderer = Renderer::new(&here.library, here.locale);
    let rows: Vec<_> = questions(&here.library)
        .filter_map(|(lesson, at)| {
            let (question, words) = (&lesson.manifest.quiz[at], lesson.texts.get(&here.locale)?.quiz.get(at)?);
            let ballot = format!("{}/{}/{}", round.name(), lesson.manifest.id, question.id);
            let (options, asked) =
                (options(&renderer, &question.options, &words.options), renderer.line(&words.question));
            let row = view! { <ClassQuestion ballot options><h2 inner_html=asked></h2></ClassQuestion> };
            Some(row.into_any())
        })
        .collect();
    let (heading, lead) = match round {
        Round::Before => (t("page.quiz_before"), t("page.quiz_before_text")),
        Round::After => (t("page.quiz_after"), t("page.quiz_after_text")),
    };
    let body = view! {
        <article class="sheet prose class-quiz">
            <h1>{heading.clone()}</h1>
            <p class="lead">{lead}</p>
            {rows}
        </article>
    };
    let mut sheet = Sheet::new("quiz", heading, body);
    sheet.popovers = renderer.popovers();
    sheet
}
