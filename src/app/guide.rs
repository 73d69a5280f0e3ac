//! The field guide: every fault once, by its place, with what it looks like, whom it hits, what helps, and a link to see it happen.

use leptos::prelude::*;

use super::{Here, page::Page, panel::place_of, shell::Sheet};
use crate::{
    fault::{
        Fault,
        catalogue::{self, Entry},
        profile::Profile,
    },
    i18n::t,
    wire::Technique,
};

/// The page.
pub fn guide(here: &Here) -> Sheet {
    let lab = here.path(&Page::Lab);
    let places = ["wire", "between", "server", "client"].map(|place| {
        let entries: Vec<_> = catalogue::all()
            .into_iter()
            .filter(|entry| place_of(entry) == place)
            .map(|entry| kind(&lab, &entry))
            .collect();
        view! {
            <section>
                <h2 id=place>{t(&format!("guide.place_{place}"))}</h2>
                <div class="faults">{entries}</div>
            </section>
        }
    });
    let profiles = Profile::ALL.map(|profile| {
        let name = profile.name();
        let href = link(&lab, &profile.faults(), None);
        view! {
            <article id=name>
                <h3>{t(&format!("guide.profile_{name}"))}</h3>
                <p>{t(&format!("guide.profile_{name}_text"))}</p>
                <p><a class="pill" href=href rel="nofollow">{t("guide.try")}</a></p>
            </article>
        }
    });
    let body = view! {
        <div class="sheet wide guide">
            <h1>{t("guide.title")}</h1>
            <p class="lead">{t("guide.lead")}</p>
            {Vec::from(places)}
            <section>
                <h2 id="profiles">{t("panel.profiles")}</h2>
                <div class="faults">{Vec::from(profiles)}</div>
            </section>
        </div>
    };
    Sheet::new("guide", t("guide.title"), body)
}

fn kind(lab: &str, entry: &Entry) -> impl IntoView + use<> {
    let name = entry.kind.name();
    let href = link(lab, &[entry.example(1)], Some(entry.shows));
    let lines = ["see", "hits", "cure"].map(|part| {
        view! {
            <dt>{t(&format!("guide.{part}"))}</dt>
            <dd>{t(&format!("guide.{name}_{part}"))}</dd>
        }
    });
    view! {
        <article id=name>
            <h3>{t(&format!("panel.{name}"))}</h3>
            <p class="known">{t(&format!("panel.{name}_term"))}</p>
            <dl>{Vec::from(lines)}</dl>
            <p><a class="pill" href=href rel="nofollow">{t("guide.try")}</a></p>
        </article>
    }
}

/// The free lab with these faults in it.
fn link(lab: &str, faults: &[Fault], technique: Option<Technique>) -> String {
    let list = serde_json::to_string(faults).unwrap_or_default();
    let technique = match technique {
        Some(technique) => format!("&technique={}", serde_json::json!(technique).as_str().unwrap_or_default()),
        None => String::new(),
    };
    let list: String = list
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("{lab}?faults={list}{technique}")
}
