//! The pages beside the lessons: the free lab, the glossary, the notes and their errata, and the page that is not there.

use leptos::prelude::*;

use super::{
    Here,
    lesson::panes,
    page::Page,
    panel,
    shell::{Sheet, technique_name},
};
use crate::{
    i18n::{t, tf},
    lesson::{
        load::Lesson,
        notes::{Line, ORIGINAL},
        outside,
        render::{self, Renderer},
    },
    ui::{lab::Lab, stage::Play, step::Step},
    wire::{Technique, packed::Packed},
};

/// The free lab: everything can be set, nothing is asked.
pub fn lab(here: &Here) -> Sheet {
    let mut step = outside::free();
    let trouble = match panel::linked(&here.uri) {
        Ok((faults, technique)) => {
            step.lab.faults = faults;
            step.client.technique = technique.unwrap_or(step.client.technique);
            None
        }
        Err(why) => Some(why),
    };
    let panel = panel::panel(here, trouble).into_any();
    let play = Packed(Play { locale: here.locale, lesson: outside::OUTSIDE.to_owned(), step });
    let tips = ["one", "two", "three"].map(|tip| view! { <li>{t(&format!("page.lab_tip_{tip}"))}</li> });
    let recording = here.path(&Page::Recording(None));
    let body = view! {
        <Step play>
            <div class="lesson free">
                {panes().into_any()}
                <article class="prose" id="read">
                    <h1>{t("page.lab_title")}</h1>
                    <div class="text">
                        <p>{t("page.lab_text")}</p>
                        <ul>{Vec::from(tips)}</ul>
                        <p><a class="pill" href=recording>{t("page.recording_open")}</a></p>
                    </div>
                    {panel}
                </article>
                <section class="bench" aria-label=t("page.lab")>
                    {view! { <Lab /> }.into_any()}
                </section>
            </div>
        </Step>
    };
    let mut sheet = Sheet::new("lab", t("page.lab_title"), body);
    sheet.technique = Some(Technique::ShortPoll);
    sheet
}

/// The glossary: every term in this language, with its name in the others.
pub fn glossary(here: &Here) -> Sheet {
    let renderer = Renderer::plain(&here.library, here.locale);
    let terms: Vec<_> = here
        .library
        .glossary
        .terms
        .iter()
        .filter_map(|term| {
            let entry = term.entry(here.locale)?;
            let others: Vec<_> = term
                .entries
                .iter()
                .filter(|(locale, _)| **locale != here.locale)
                .map(|(locale, other)| view! { <span lang=locale.tag()>{other.name.clone()}</span> })
                .collect();
            Some(view! {
                <div id=term.id.clone()>
                    <dt><dfn>{entry.name.clone()}</dfn> {others}</dt>
                    <dd inner_html=renderer.blocks(&entry.text)></dd>
                </div>
            })
        })
        .collect();
    let body = view! {
        <div class="sheet wide">
            <h1>{t("page.glossary")}</h1>
            <p class="lead">{t("page.glossary_text")}</p>
            <dl class="glossary">{terms}</dl>
        </div>
    };
    Sheet::new("glossary", t("page.glossary"), body)
}

/// The notes that the course is made from: what they say, what that means in this language, and where it is taught.
pub fn notes(here: &Here) -> Sheet {
    let lines: Vec<_> = here.library.notes.lines.iter().map(|line| note(here, line)).collect();
    let body = view! {
        <div class="sheet">
            <h1>{t("page.notes")}</h1>
            <p class="lead">{t("page.notes_text")}</p>
            <p class="slips"><a href=here.path(&Page::Errata)>{t("page.nav_errata")}</a></p>
            <ol class="notes">{lines}</ol>
        </div>
    };
    Sheet::new("notes", t("page.notes"), body)
}

fn note(here: &Here, line: &Line) -> impl IntoView + use<> {
    let translated =
        (here.locale != ORIGINAL).then(|| view! { <p class="meaning">{line.text(here.locale).to_owned()}</p> });
    let steps: Vec<_> = here
        .library
        .teaching(&line.id)
        .filter_map(|(lesson, at)| taught_in(here, lesson, at))
        .map(|link| view! { <li>{link}</li> })
        .collect();
    let taught = if steps.is_empty() {
        view! { <p class="untaught">{t("page.notes_untaught")}</p> }.into_any()
    } else {
        view! { <ul class="taught" aria-label=tf("page.notes_taught", &[("line", &line.id)])>{steps}</ul> }.into_any()
    };
    // The number is the link to the line itself, for whoever wants to send it to somebody.
    view! {
        <li id=line.id.clone()>
            <a class="number" href=format!("#{}", line.id)>{line.id.clone()}</a>
            <div>
                <blockquote lang=ORIGINAL.tag()>{line.text(ORIGINAL).to_owned()}</blockquote>
                {translated}
                {taught}
            </div>
        </li>
    }
}

fn taught_in(here: &Here, lesson: &Lesson, at: usize) -> Option<impl IntoView + use<>> {
    let (manifest, text) = (&lesson.manifest, lesson.texts.get(&here.locale)?);
    let page = Page::Step { lesson: manifest.id.clone(), step: manifest.step.get(at)?.id.clone() };
    let title = format!("{} · {}", render::plain(&text.title), render::plain(&text.steps.get(at)?.title));
    Some(view! { <a data-technique=technique_name(manifest.technique) href=here.path(&page)>{title}</a> })
}

/// The slips of the notes.
pub fn errata(here: &Here) -> Option<Sheet> {
    let tree = here.library.errata.get(&here.locale)?;
    let renderer = Renderer::new(&here.library, here.locale);
    let slips: Vec<_> = tree
        .sections
        .iter()
        .map(|slip| {
            let (title, html) = (renderer.line(&slip.title), renderer.blocks(&slip.blocks));
            view! { <section id=slip.id.clone()><h2 inner_html=title></h2><div class="text" inner_html=html></div></section> }
        })
        .collect();
    let body = view! {
        <article class="sheet prose errata">
            <h1 inner_html=renderer.line(&tree.title)></h1>
            <div class="text lead" inner_html=renderer.blocks(&tree.blocks)></div>
            {slips}
        </article>
    };
    let mut sheet = Sheet::new("errata", render::plain(&tree.title), body);
    sheet.popovers = renderer.popovers();
    Some(sheet)
}

/// The page that is not there.
pub fn missing(here: &Here) -> Sheet {
    let body = view! {
        <div class="sheet missing">
            <p class="eyebrow"><span>"404"</span></p>
            <h1>{t("page.missing")}</h1>
            <p class="lead">{t("page.missing_text")}</p>
            <p class="calls">
                <a class="button go" href=here.path(&Page::Map)>{t("page.see_map")}</a>
                <a class="button" href=here.path(&Page::Home)>{t("page.to_home")}</a>
            </p>
        </div>
    };
    Sheet::new("missing", t("page.missing"), body)
}
