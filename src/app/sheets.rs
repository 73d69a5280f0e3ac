//! A lesson on paper: the hand-out, and the teacher's part.

use leptos::prelude::*;

use super::{Here, lesson::lesson_title, page::Page, shell::Sheet};
use crate::{
    i18n::{t, tf},
    lesson::{
        load::Lesson,
        manifest::Step,
        parse::{Block, Section},
        render::{self, Renderer},
        text::{StepText, Text},
    },
};

/// The hand-out: what to predict and what to write down, then the recap and the questions. Two pages when printed.
pub fn print(here: &Here, lesson: &str) -> Option<Sheet> {
    let lesson = here.library.lesson(lesson)?;
    let text = lesson.texts.get(&here.locale)?;
    let renderer = Renderer::plain(&here.library, here.locale);
    let steps = text.steps.iter().enumerate().map(|(at, words)| handout_step(&renderer, at, words)).collect::<Vec<_>>();
    let questions: Vec<_> = text
        .quiz
        .iter()
        .map(|question| {
            view! {
                <li>
                    <p inner_html=renderer.line(&question.question)></p>
                    {boxes(&renderer, &question.options)}
                </li>
            }
        })
        .collect();
    let body = view! {
        <article class="sheet wide handout">
            <header>
                <p class="eyebrow"><span>{t("page.handout")}</span></p>
                <h1>{lesson_title(lesson, text)}</h1>
                <p class="fields"><span>{t("page.name")}</span><span>{t("page.date")}</span></p>
                <div class="lead" inner_html=renderer.blocks(&text.lead)></div>
            </header>
            <div class="columns">{steps}</div>
            <section class="second">
                <h2 inner_html=renderer.line(&text.recap.title)></h2>
                <div class="text" inner_html=renderer.blocks(&text.recap.blocks)></div>
                <h2 inner_html=renderer.line(&text.quiz_title)></h2>
                <ol class="columns questions">{questions}</ol>
            </section>
        </article>
    };
    Some(complete(lesson, text, "print", t("page.handout"), body))
}

fn handout_step(renderer: &Renderer<'_>, at: usize, words: &StepText) -> impl IntoView + use<> {
    let number = (at + 1).to_string();
    view! {
        <section class="task">
            <h2><span class="number">{number}</span> <span inner_html=renderer.line(&words.title)></span></h2>
            <div inner_html=renderer.blocks(&words.predict.question)></div>
            {boxes(renderer, &words.predict.options)}
            <p class="write"><span>{t("page.measured")}</span></p>
            <p class="write"><span>{t("page.because")}</span></p>
        </section>
    }
}

/// Options with a box to tick.
fn boxes(renderer: &Renderer<'_>, options: &[Vec<Block>]) -> impl IntoView + use<> {
    let items = options.iter().map(|option| view! { <li inner_html=renderer.item(option)></li> }).collect::<Vec<_>>();
    view! { <ul class="boxes">{items}</ul> }
}

/// The teacher's part: for each step what to expect, what to answer, what goes wrong, what to talk about.
pub fn teach(here: &Here, lesson: &str) -> Option<Sheet> {
    let lesson = here.library.lesson(lesson)?;
    let text = lesson.texts.get(&here.locale)?;
    let renderer = Renderer::new(&here.library, here.locale);
    let steps: Vec<_> = lesson
        .manifest
        .step
        .iter()
        .zip(&text.steps)
        .map(|(step, words)| teach_step(here, &renderer, lesson, step, words))
        .collect();
    let whole = text.teacher.as_ref().map(|section| {
        let parts = section.sections.iter().map(|part| teach_part(&renderer, part)).collect::<Vec<_>>();
        view! { <div class="text" inner_html=renderer.blocks(&section.blocks)></div> {parts} }
    });
    let core: u32 = lesson.manifest.step.iter().filter(|step| step.core).map(|step| step.minutes).sum();
    let all: u32 = lesson.manifest.step.iter().map(|step| step.minutes).sum();
    let time = tf("page.lesson_minutes", &[("core", &core.to_string()), ("all", &all.to_string())]);
    let body = view! {
        <article class="sheet prose teach">
            <p class="eyebrow"><span>{t("page.teacher")}</span><span>{time}</span></p>
            <h1>{lesson_title(lesson, text)}</h1>
            {whole}
            {steps}
        </article>
    };
    let mut sheet = complete(lesson, text, "teach", t("page.teacher"), body);
    sheet.popovers = renderer.popovers();
    Some(sheet)
}

fn teach_step(
    here: &Here,
    renderer: &Renderer<'_>,
    lesson: &Lesson,
    step: &Step,
    words: &StepText,
) -> impl IntoView + use<> {
    let page = Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() };
    let minutes = tf("page.minutes", &[("minutes", &step.minutes.to_string())]);
    let core = if step.core { t("page.core") } else { t("page.optional") };
    let notes = (!step.notes.is_empty()).then(|| tf("page.teaches", &[("lines", &step.notes.join(", "))]));
    let right = step.predict.options.iter().position(|name| *name == step.predict.right);
    let right = right.and_then(|at| words.predict.options.get(at)).map(|option| {
        let html = renderer.item(option);
        view! { <p class="right"><b>{t("page.right")}</b> <span inner_html=html></span></p> }
    });
    view! {
        <section class="teaching">
            <h2><a href=here.path(&page) inner_html=renderer.line(&words.title)></a></h2>
            <p class="eyebrow"><span>{minutes}</span><span>{core}</span>{notes.map(|notes| view! { <span>{notes}</span> })}</p>
            {right}
            {teacher(renderer, words)}
        </section>
    }
}

/// What a teacher needs in a step: what to expect, what to answer, what goes wrong, what to talk about.
pub fn teacher(renderer: &Renderer<'_>, words: &StepText) -> impl IntoView + use<> {
    let teacher = &words.teacher;
    let parts = [&teacher.expected, &teacher.answer, &teacher.wrong, &teacher.discuss];
    Vec::from(parts.map(|part| teach_part(renderer, part)))
}

fn teach_part(renderer: &Renderer<'_>, part: &Section) -> impl IntoView + use<> {
    let (title, html) = (renderer.line(&part.title), renderer.blocks(&part.blocks));
    view! { <h3 inner_html=title></h3> <div class="text" inner_html=html></div> }
}

fn complete(lesson: &Lesson, text: &Text, kind: &'static str, last: String, body: impl IntoView + 'static) -> Sheet {
    let mut sheet = Sheet::new(kind, format!("{} · {last}", render::plain(&text.title)), body);
    let first = lesson.manifest.step.first();
    let first = first.map(|step| Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() });
    sheet.crumbs = vec![(t("page.nav_lessons"), Some(Page::Map)), (lesson_title(lesson, text), first), (last, None)];
    sheet.technique = Some(lesson.manifest.technique);
    sheet
}
