//! The pages beside the lessons: the free lab, the glossary, the errata, and the page that is not there.

use leptos::prelude::*;

use super::{Here, lesson::panes, page::Page, shell::Sheet};
use crate::{
    i18n::t,
    lesson::{
        outside,
        render::{self, Renderer},
    },
    ui::{lab::Lab, stage::Play, step::Step},
    wire::{Technique, packed::Packed},
};

/// The free lab: everything can be set, nothing is asked.
pub fn lab(here: &Here) -> Sheet {
    let play = Packed(Play { locale: here.locale, lesson: outside::OUTSIDE.to_owned(), step: outside::free() });
    let tips = ["one", "two", "three"].map(|tip| view! { <li>{t(&format!("page.lab_tip_{tip}"))}</li> });
    let body = view! {
        <Step play>
            <div class="lesson free">
                {panes().into_any()}
                <article class="prose" id="read">
                    <h1>{t("page.lab_title")}</h1>
                    <div class="text">
                        <p>{t("page.lab_text")}</p>
                        <ul>{Vec::from(tips)}</ul>
                    </div>
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
