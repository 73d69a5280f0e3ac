//! The home page and the map of the course.

use leptos::prelude::*;

use super::{
    Here,
    lesson::{hue, step_names},
    page::Page,
    path,
    shell::{Sheet, technique_name},
};
use crate::{
    i18n::{t, tf},
    lesson::{
        load::Lesson,
        manifest::Planned,
        outside,
        render::{self, Renderer},
    },
    ui::{lab::Glance, page::Progress, stage::Play},
    wire::{Technique, packed::Packed},
};

/// What each method looks like, as a drawing of its shape in time: two lifelines and what goes between them. A drawing, not
/// data: real arrows are in the labs.
const SHAPES: [(Technique, &str, &str); 4] = [
    (
        Technique::ShortPoll,
        "short_poll",
        r#"<path class="life" d="M12 4v112M108 4v112"/><path class="ask" d="m12 14 96 5m-96 19 96 5m-96 19 96 5m-96 19 96 5"/><path class="idle" d="m108 23-96 5m96 19-96 5m96 43-96 5"/><path class="news" d="m108 71-96 5"/><circle class="dot" cx="12" cy="76" r="4"/>"#,
    ),
    (
        Technique::LongPoll,
        "long_poll",
        r#"<path class="life" d="M12 4v112M108 4v112"/><path class="ask" d="m12 14 96 5M12 66l96 5"/><path class="held" d="M108 19v38m0 14v38"/><path class="news" d="m108 57-96 5"/><circle class="dot" cx="12" cy="62" r="4"/>"#,
    ),
    (
        Technique::Sse,
        "sse",
        r#"<path class="life" d="M12 4v112M108 4v112"/><path class="ask" d="m12 14 96 5"/><path class="held" d="M108 19v90"/><path class="news" d="m108 38-96 5m96 17-96 5m96 31-96 5"/><circle class="dot" cx="12" cy="43" r="4"/><circle class="dot" cx="12" cy="65" r="4"/><circle class="dot" cx="12" cy="101" r="4"/>"#,
    ),
    (
        Technique::WebSocket,
        "websocket",
        r#"<path class="life" d="M12 4v112M108 4v112"/><path class="ask" d="m12 14 96 5"/><path class="held" d="M108 19v90M12 24v85"/><path class="news" d="m108 19-96 5m96 16-96 5m0 13 96 5m0 13-96 5m0 8 96 5"/><circle class="dot" cx="12" cy="45" r="4"/><circle class="dot" cx="108" cy="63" r="4"/><circle class="dot" cx="12" cy="81" r="4"/><circle class="dot" cx="108" cy="94" r="4"/>"#,
    ),
];

/// The home page.
pub fn home(here: &Here) -> Sheet {
    let first = here.library.lessons.first();
    let start = first.and_then(|lesson| {
        let step = lesson.manifest.step.first()?;
        let text = lesson.texts.get(&here.locale)?;
        let page = Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() };
        let words = tf("page.start", &[("title", &render::plain(&text.title))]);
        Some(view! { <a class="button go" href=here.path(&page)>{words}</a> })
    });
    let methods = SHAPES.map(|(technique, name, shape)| {
        let svg = format!(r#"<svg viewBox="0 0 120 120" aria-hidden="true">{shape}</svg>"#);
        view! {
            <li data-technique=technique_name(technique)>
                <div class="shape" inner_html=svg></div>
                <h3>{t(&format!("page.method_{name}"))}</h3>
                <p>{t(&format!("page.method_{name}_text"))}</p>
            </li>
        }
    });
    let parts = ["predict", "run", "reason", "explain"].map(|part| {
        view! {
            <li>
                <h3>{t(&format!("page.part_{part}"))}</h3>
                <p>{t(&format!("page.part_{part}_text"))}</p>
            </li>
        }
    });
    let witnesses = ["browser", "wire", "server"].map(|witness| {
        view! {
            <div>
                <dt>{t(&format!("page.witness_{witness}"))}</dt>
                <dd>{t(&format!("page.witness_{witness}_text"))}</dd>
            </div>
        }
    });
    let glance = Packed(Play { locale: here.locale, lesson: outside::OUTSIDE.to_owned(), step: outside::glance() });
    let body = view! {
        <section class="hero">
            <div class="say">
                <h1>{t("page.hero")}</h1>
                <p class="lead">{t("page.lead")}</p>
                <p class="calls">
                    {start} <a class="button" href=here.path(&Page::Map)>{t("page.see_map")}</a>
                    <a class="button" href=here.path(&Page::Class)>{t("classroom.hold")}</a>
                </p>
                <p class="promise">{t("page.promise")}</p>
            </div>
            <figure class="live">
                {view! { <Glance play=glance /> }.into_any()}
                <figcaption>{t("page.glance")}</figcaption>
            </figure>
        </section>
        <section class="band">
            <h2>{t("page.methods")}</h2>
            <p class="lead">{t("page.methods_text")}</p>
            <ul class="methods">{Vec::from(methods)}</ul>
        </section>
        <section class="band two">
            <div>
                <h2>{t("page.witnesses")}</h2>
                <p>{t("page.witnesses_text")}</p>
            </div>
            <dl class="witnesses">{Vec::from(witnesses)}</dl>
        </section>
        <section class="band">
            <h2>{t("page.parts")}</h2>
            <ol class="parts">{Vec::from(parts)}</ol>
        </section>
    };
    let mut sheet = Sheet::new("home", t("page.course"), body);
    sheet.crumbs.clear();
    sheet.technique = Some(Technique::ShortPoll);
    sheet
}

/// The map of the course: every lesson, written or planned, with what this browser remembers of it.
pub fn map(here: &Here) -> Sheet {
    let renderer = Renderer::new(&here.library, here.locale);
    let mut entries: Vec<(u32, AnyView)> = Vec::new();
    for lesson in &here.library.lessons {
        entries.extend(written(here, &renderer, lesson).map(|view| (lesson.manifest.number, view)));
    }
    entries.extend(here.library.course.planned.iter().map(|lesson| (lesson.number, planned(lesson))));
    entries.sort_by_key(|(number, _)| *number);
    let entries = entries.into_iter().map(|(_, view)| view).collect::<Vec<_>>();
    let body = view! {
        <div class="sheet wide">
            <h1>{t("page.map")}</h1>
            <p class="lead">{t("page.map_text")}</p>
            {path::offers(here)}
            <ol class="map">{entries}</ol>
        </div>
    };
    let mut sheet = Sheet::new("map", t("page.map"), body);
    sheet.popovers = renderer.popovers();
    sheet
}

fn written(here: &Here, renderer: &Renderer<'_>, lesson: &Lesson) -> Option<AnyView> {
    let text = lesson.texts.get(&here.locale)?;
    let manifest = &lesson.manifest;
    let id = &manifest.id;
    let steps: Vec<_> = manifest
        .step
        .iter()
        .zip(&text.steps)
        .map(|(step, words)| {
            let page = Page::Step { lesson: id.clone(), step: step.id.clone() };
            let minutes = tf("page.minutes", &[("minutes", &step.minutes.to_string())]);
            let optional = (!step.core).then(|| view! { <span class="tag">{t("page.optional")}</span> });
            view! {
                <li>
                    <a href=here.path(&page) inner_html=renderer.line(&words.title)></a>
                    {optional}
                    <span class="minutes">{minutes}</span>
                </li>
            }
        })
        .collect();
    let core: u32 = manifest.step.iter().filter(|step| step.core).map(|step| step.minutes).sum();
    let all: u32 = manifest.step.iter().map(|step| step.minutes).sum();
    let time = tf("page.lesson_minutes", &[("core", &core.to_string()), ("all", &all.to_string())]);
    let more = [
        (Page::Recap(id.clone()), render::plain(&text.recap.title)),
        (Page::Print(id.clone()), t("page.handout")),
        (Page::Teach(id.clone()), t("page.teacher")),
    ]
    .map(|(page, words)| view! { <a href=here.path(&page)>{words}</a> });
    let view = view! {
        <li class="written" data-technique=hue(manifest)>
            <span class="number">{manifest.number}</span>
            <div>
                <h2>{render::plain(&text.title)}</h2>
                <div class="lead" inner_html=renderer.blocks(&text.lead)></div>
                {view! { <Progress steps=step_names(manifest) current=None /> }.into_any()}
                <ol class="steps">{steps}</ol>
                <p class="more"><span class="minutes">{time}</span> {Vec::from(more)}</p>
            </div>
        </li>
    };
    Some(view.into_any())
}

fn planned(lesson: &Planned) -> AnyView {
    view! {
        <li class="planned" data-technique=technique_name(lesson.technique)>
            <span class="number">{lesson.number}</span>
            <div>
                <h2>{t(&lesson.title)}</h2>
                <span class="tag">{t("page.planned")}</span>
            </div>
        </li>
    }
    .into_any()
}
