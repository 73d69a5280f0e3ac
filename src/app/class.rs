//! The pages of a class: where one is opened, the desk, the wall, the remote, the report; and what these ask for later.
//!
//! The server renders what does not change: the frame, the fault panel, the words. What a class looks like now only its socket says, so
//! the rest of a face is made in the browser (`ui::class`), by a part of the program that comes with these pages only.

mod scenarios;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    AppState, Here,
    lesson::{lesson_title, options},
    page::Page,
    panel, recording, sheets,
    shell::{self, Sheet},
};
use crate::{
    class::Code,
    fault::Fault,
    i18n::{Locale, t},
    lesson::{
        class_quiz,
        render::{self, Renderer},
    },
    ui::class::{
        face::Face,
        setup::{Line, Part, Question, Setup, Which},
    },
    wire::packed::Packed,
};

/// What the page where a class is opened may be asked: a code that somebody typed.
#[derive(Deserialize)]
struct Typed {
    code: Option<String>,
}

fn typed(uri: &Uri) -> Option<String> {
    Query::<Typed>::try_from_uri(uri).ok()?.0.code
}

/// Who typed a code is sent to the page where one joins. It works without a script.
pub fn to_join(locale: Locale, uri: &Uri) -> Option<Redirect> {
    let code = Code::parse(&typed(uri)?)?;
    Some(Redirect::to(&Page::Join(code).path(locale)))
}

/// Where a class is opened, or joined.
pub fn open(here: &Here) -> Sheet {
    let wrong = typed(&here.uri).map(|_| view! { <p role="alert" class="trouble">{t("classroom.no_code")}</p> });
    let what = ["one", "two", "three"].map(|which| view! { <p>{t(&format!("classroom.what_{which}"))}</p> });
    let how = (1..=10).map(|line| view! { <li>{t(&format!("classroom.how_{line}"))}</li> }).collect::<Vec<_>>();
    let face = view! { <Face setup=pack(&setup(here, Which::Open, "")) /> }.into_any();
    let body = view! {
        <article class="sheet wide class-open">
            <h1>{t("classroom.title")}</h1>
            <div class="what">{Vec::from(what)}</div>
            <div class="doors">
                <section>
                    <h2>{t("classroom.open")}</h2>
                    <p>{t("classroom.open_text")}</p>
                    {face}
                </section>
                <section>
                    <h2>{t("classroom.join")}</h2>
                    <p>{t("classroom.join_text")}</p>
                    <form method="get" action=here.path(&Page::Class)>
                        <label>
                            <span>{t("classroom.code")}</span>
                            <input
                                name="code"
                                required
                                maxlength="12"
                                autocomplete="off"
                                autocapitalize="characters"
                                spellcheck="false"
                                placeholder="ACD EFG"
                            />
                        </label>
                        <button class="button">{t("classroom.join_go")}</button>
                    </form>
                    {wrong}
                </section>
            </div>
            <h2>{t("classroom.how")}</h2>
            <ol class="how">{how}</ol>
        </article>
    };
    Sheet::new("class-open", t("classroom.title"), body)
}

/// The instructor's desk. Nothing, if that is no code.
pub fn desk(here: &Here, code: &Code) -> Sheet {
    let panel = panel::kinds(here).into_any();
    let body = view! {
        {view! { <Face setup=pack(&setup(here, Which::Desk, code.as_str())) /> }.into_any()}
        <div id="class-kinds" hidden>{panel}</div>
    };
    sheet(code, "class-desk", t("classroom.desk"), body)
}

/// The wall.
pub fn wall(here: &Here, code: &Code) -> Sheet {
    let body = view! { <Face setup=pack(&setup(here, Which::Wall, code.as_str())) /> };
    sheet(code, "class-wall", t("classroom.wall"), body)
}

/// The instructor's phone.
pub fn remote(here: &Here, code: &Code) -> Sheet {
    let body = view! { <Face setup=pack(&setup(here, Which::Remote, code.as_str())) /> };
    sheet(code, "class-remote", t("classroom.remote"), body)
}

/// The report.
pub fn report(here: &Here, code: &Code) -> Sheet {
    let csv = format!("/api/classes/{code}/report.csv");
    let face = view! { <Face setup=pack(&setup(here, Which::Report, code.as_str())) /> }.into_any();
    let body = view! {
        <article class="sheet wide class-report">
            <h1>{t("classroom.report")} " " <b class="class-code">{code.spaced()}</b></h1>
            <p class="tools"><a class="button" href=csv download="">{t("classroom.csv")}</a></p>
            {face}
        </article>
    };
    sheet(code, "class-report", t("classroom.report"), body)
}

fn sheet(code: &Code, kind: &'static str, title: String, body: impl IntoView + 'static) -> Sheet {
    let mut sheet = Sheet::new(kind, format!("{title} · {}", code.spaced()), body);
    sheet.crumbs = vec![(t("classroom.title"), Some(Page::Class)), (title, None)];
    sheet
}

/// What a face is told, as it stands in its island's properties and in answers: JSON, a string of hexadecimal digits.
fn pack(value: &(impl Serialize + Clone)) -> String {
    // A string always serialises.
    serde_json::to_string(&Packed(value.clone())).unwrap_or_default()
}

fn setup(here: &Here, which: Which, code: &str) -> Setup {
    let mut setup = Setup {
        which,
        locale: here.locale,
        code: code.to_owned(),
        steps: Vec::new(),
        plan: Vec::new(),
        scenarios: Vec::new(),
        questions: Vec::new(),
    };
    if which == Which::Open {
        return setup;
    }
    for lesson in &here.library.lessons {
        let Some(text) = lesson.texts.get(&here.locale) else { continue };
        let title = lesson_title(lesson, text);
        let id = &lesson.manifest.id;
        for (step, words) in lesson.manifest.step.iter().zip(&text.steps) {
            setup.steps.push(Line {
                name: format!("{id}/{}", step.id),
                title: render::plain(&words.title),
                lesson: title.clone(),
                technique: lesson.manifest.technique,
                minutes: step.minutes,
                recorded: lesson.recordings.contains_key(&step.id),
            });
        }
    }
    setup.questions = class_quiz::questions(&here.library)
        .filter_map(|(lesson, at)| {
            let (question, words) = (lesson.manifest.quiz.get(at)?, lesson.texts.get(&here.locale)?.quiz.get(at)?);
            let right = if which == Which::Wall { String::new() } else { question.right.clone() };
            let name = format!("{}/{}", lesson.manifest.id, question.id);
            Some(Question { name, asked: render::plain(&words.question), right })
        })
        .collect();
    if let Some(path) = here.library.course.path.iter().find(|path| path.id == PLAN) {
        let places = path.steps.iter().filter_map(|name| u16::try_from(setup.line(name)?.0).ok());
        setup.plan = places.collect();
    }
    if matches!(which, Which::Desk | Which::Remote) {
        setup.scenarios = scenarios::all();
    }
    setup
}

/// The path that a class walks.
const PLAN: &str = "class";

/// `/en/class/part/desk/short-polling/mostly-empty`: what a face shows of a step.
pub async fn part(
    State(state): State<AppState>,
    Path((locale, face, lesson, step)): Path<(String, String, String, String)>,
    uri: Uri,
) -> Response {
    let Some(locale) = Locale::from_prefix(&locale) else { return StatusCode::NOT_FOUND.into_response() };
    let here = Here { locale, library: state.shelf.library(), uri };
    let made = shell::words_of(&here, || match face.as_str() {
        "desk" => step_part(&here, &lesson, &step, true),
        "wall" => step_part(&here, &lesson, &step, false),
        _ => None,
    });
    match made {
        Some(part) => answer(StatusCode::OK, pack(&part)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn step_part(here: &Here, lesson: &str, step: &str, desk: bool) -> Option<Part> {
    let lesson = here.library.lesson(lesson)?;
    let at = lesson.position(step)?;
    let manifest = lesson.manifest.step.get(at)?;
    let words = lesson.texts.get(&here.locale)?.steps.get(at)?;
    let renderer = Renderer::plain(&here.library, here.locale);
    let page = Page::Step { lesson: lesson.manifest.id.clone(), step: step.to_owned() };
    Some(Part {
        name: format!("{}/{step}", lesson.manifest.id),
        title: renderer.line(&words.title),
        technique: lesson.manifest.technique,
        run: renderer.blocks(&words.run.blocks),
        question: renderer.blocks(&words.predict.question),
        options: options(&renderer, &manifest.predict.options, &words.predict.options),
        right: manifest.predict.right.clone(),
        measured: manifest.predict.measured,
        explain: renderer.blocks(&words.explain.blocks),
        teacher: if desk { sheets::teacher(&renderer, words).to_html() } else { String::new() },
        recording: recording::link(here, lesson, manifest),
        page: page.path(here.locale),
    })
}

/// What a fault may be asked as.
#[derive(Deserialize)]
pub struct AskedFault {
    fault: String,
}

/// `/en/class/part/fault?fault={…}`: a fault as the panel's forms write it, checked, in the form in which the class's socket takes it.
pub async fn fault(Query(AskedFault { fault }): Query<AskedFault>) -> Response {
    let read = serde_json::from_str(&fault).map_err(|error| error.to_string());
    let read = read.and_then(|mut fault: serde_json::Value| {
        if let Some(fields) = fault.as_object_mut() {
            // The page numbers it.
            fields.entry("id").or_insert(1.into());
        }
        serde_json::from_value::<Fault>(fault).map_err(|error| error.to_string())
    });
    match read.and_then(|fault| fault.check().map(|()| fault)) {
        Ok(fault) => answer(StatusCode::OK, pack(&fault)),
        Err(why) => answer(StatusCode::BAD_REQUEST, why),
    }
}

fn answer(status: StatusCode, text: String) -> Response {
    let kind = if status.is_success() { "application/json" } else { "text/plain; charset=utf-8" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (status, headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_leads_to_the_page_where_one_joins_or_nowhere() {
        let to = |query: &str| to_join(Locale::En, &format!("/en/class{query}").parse().expect("an address"));
        let place = |redirect: Redirect| redirect.into_response().headers()[header::LOCATION].clone();
        assert_eq!(to("?code=acd+efg").map(place).expect("a code"), "/en/join/ACDEFG");
        for typed in ["", "?code=", "?code=ACDEF0", "?code=//evil.example", "?x=ACDEFG"] {
            assert!(to(typed).is_none(), "{typed}");
        }
    }

    #[tokio::test]
    async fn a_fault_is_checked_before_a_class_gets_it() {
        let ask = |fault: &str| fault_of(fault.to_owned());
        let (status, text) = ask(r#"{"kind":{"latency":{"base_ms":200,"jitter_ms":0}},"scope":{}}"#).await;
        assert_eq!(status, StatusCode::OK);
        let packed: Packed<Fault> = serde_json::from_str(&text).expect("a packed fault");
        assert_eq!((packed.0.id, packed.0.kind.name()), (1, "latency"));
        for (wrong, said) in [
            ("", "EOF"),
            (r#"{"kind":"gremlins"}"#, "unknown variant"),
            (r#"{"kind":{"retry":{"ms":99999999}}}"#, "ms"),
        ] {
            let (status, text) = ask(wrong).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(text.contains(said), "{wrong}: {text}");
        }
    }

    async fn fault_of(asked: String) -> (StatusCode, String) {
        let answer = fault(Query(AskedFault { fault: asked })).await;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 4096).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }
}
