//! The page of recordings, and the files of those that the course has.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;

use super::{AppState, Here, assets, page::Page, shell::Sheet};
use crate::{
    i18n::t,
    lesson::{manifest, outside, render},
    ui::{lab::Lab, stage::Play, step::Step},
    wire::packed::Packed,
};

/// The page of a step's recording, or of none yet. Nothing, if the course has no such recording.
pub fn page(here: &Here, of: Option<&(String, String)>) -> Option<Sheet> {
    let found = match of {
        None => None,
        Some((lesson, step)) => {
            let lesson = here.library.lesson(lesson)?;
            lesson.recordings.get(step)?;
            let at = lesson.position(step)?;
            Some((lesson, lesson.manifest.step.get(at)?, lesson.texts.get(&here.locale)?.steps.get(at)?))
        }
    };
    let step = found.map(|(_, step, _)| step);
    let play = Packed(Play { locale: here.locale, lesson: outside::OUTSIDE.to_owned(), step: outside::replay(step) });
    let src = of.filter(|_| found.is_some()).map(|(lesson, step)| address(lesson, step));
    let copy = src.is_some().then(|| view! { <button class="pill" data-copy="">{t("recording.copy")}</button> });
    // The script takes over from here, and the lab below gets its log from it.
    let body = view! {
        <div class="bench alone replay" data-src=src>
            <h1 class="pc-hear">{t("page.recording")}</h1>
            <div class="bar">
                <label class="pill file">
                    {t("recording.choose")} <input type="file" accept=".jsonl" disabled />
                </label>
                {copy}
                <p role="status">{t("recording.drop")}</p>
                <p role="alert"></p>
            </div>
            <Step play>{view! { <Lab /> }.into_any()}</Step>
            {script()}
        </div>
    };
    let mut sheet = Sheet::new("recording", t("page.recording"), body);
    if let Some((lesson, step, words)) = found {
        let title = render::plain(&words.title);
        let to = Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() };
        sheet.crumbs = vec![(t("page.nav_lessons"), Some(Page::Map)), (title, Some(to)), (t("page.recording"), None)];
        sheet.technique = Some(lesson.manifest.technique);
    }
    Some(sheet)
}

/// The program that opens files, when it was built.
fn script() -> Option<impl IntoView> {
    assets::name().map(|name| view! { <script type="module" src=format!("/pkg/{name}.recording.js")></script> })
}

/// Where the file of a step's recording is.
fn address(lesson: &str, step: &str) -> String {
    format!("/recordings/{lesson}/{step}.jsonl")
}

/// A link to a step's recording, if the course has one.
pub fn link(here: &Here, lesson: &crate::lesson::load::Lesson, step: &manifest::Step) -> Option<String> {
    lesson
        .recordings
        .contains_key(&step.id)
        .then(|| here.path(&Page::Recording(Some((lesson.manifest.id.clone(), step.id.clone())))))
}

/// `/recordings/short-polling/mostly-empty.jsonl`
pub async fn file(
    State(state): State<AppState>,
    Path((lesson, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let library = state.shelf.library();
    let found = file.strip_suffix(".jsonl").and_then(|step| library.lesson(&lesson)?.recordings.get(step));
    let Some(bytes) = found else { return StatusCode::NOT_FOUND.into_response() };
    let packed = assets::accepts_brotli(&headers).then(|| assets::compress(bytes)).flatten();
    let is_packed = packed.is_some();
    let mut answer = packed.unwrap_or_else(|| bytes.clone()).into_response();
    let headers = answer.headers_mut();
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer
}
