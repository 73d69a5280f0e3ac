//! The pages of a lesson: its steps, its recap.

use leptos::prelude::*;

use super::{
    Here,
    page::Page,
    path, recording,
    shell::{Sheet, technique_name},
};
use crate::{
    i18n::{t, tf},
    lesson::{
        load::{Lesson, Library},
        manifest,
        parse::{Block, Section},
        render::{self, Renderer},
        text::{Asked, StepText, Text},
    },
    ui::{
        choice::{Choice, Which},
        explain::{Explain, Goal},
        lab::Lab,
        page::Progress,
        quiz::Quiz,
        stage::{Choosable, Play},
        step::Step,
    },
    wire::packed::Packed,
};

/// All pages of the course that are read one after the other.
fn sequence(library: &Library) -> Vec<Page> {
    let mut pages = Vec::new();
    for lesson in &library.lessons {
        let id = &lesson.manifest.id;
        pages.extend(lesson.manifest.step.iter().map(|step| Page::Step { lesson: id.clone(), step: step.id.clone() }));
        pages.push(Page::Recap(id.clone()));
    }
    pages
}

/// What is read before and after a page: of the course, or of the path that the reader walks.
fn turn(here: &Here, page: &Page) -> (Option<Page>, Option<Page>) {
    let on_path = here.walked().map(|path| path::sequence(&here.library, path)).filter(|pages| pages.contains(page));
    let pages = on_path.unwrap_or_else(|| sequence(&here.library));
    let at = pages.iter().position(|candidate| candidate == page);
    let before = at.and_then(|at| at.checked_sub(1)).and_then(|at| pages.get(at).cloned());
    let after = at.and_then(|at| pages.get(at + 1).cloned());
    (before, after)
}

/// The title of a page of the sequence.
fn title(here: &Here, page: &Page) -> Option<String> {
    let lesson = |id: &str| here.library.lesson(id);
    match page {
        Page::Step { lesson: id, step } => {
            let lesson = lesson(id)?;
            let text = lesson.texts.get(&here.locale)?.steps.get(lesson.position(step)?)?;
            Some(render::plain(&text.title))
        }
        Page::Recap(id) => Some(render::plain(&lesson(id)?.texts.get(&here.locale)?.recap.title)),
        Page::Path(id) => Some(path::name(id)),
        _ => None,
    }
}

/// The names of a lesson's steps, as progress knows them.
pub fn step_names(lesson: &manifest::Lesson) -> Vec<String> {
    lesson.step.iter().map(|step| format!("{}/{}", lesson.id, step.id)).collect()
}

/// The title of a lesson, with its number.
pub fn lesson_title(lesson: &Lesson, text: &Text) -> String {
    let number = lesson.manifest.number.to_string();
    tf("page.lesson_title", &[("number", &number), ("title", &render::plain(&text.title))])
}

fn crumbs(lesson: &Lesson, text: &Text, last: String) -> Vec<(String, Option<Page>)> {
    let first = lesson.manifest.step.first();
    let first = first.map(|step| Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() });
    vec![(t("page.nav_lessons"), Some(Page::Map)), (lesson_title(lesson, text), first), (last, None)]
}

/// The page of a step.
pub fn step(here: &Here, lesson: &str, step: &str) -> Option<Sheet> {
    let page = Page::Step { lesson: lesson.to_owned(), step: step.to_owned() };
    let lesson = here.library.lesson(lesson)?;
    let at = lesson.position(step)?;
    let manifest = &lesson.manifest.step[at];
    let text = lesson.texts.get(&here.locale)?;
    let words = text.steps.get(at)?;
    let renderer = Renderer::new(&here.library, here.locale);

    let play = Packed(Play { locale: here.locale, lesson: lesson.manifest.id.clone(), step: manifest.clone() });
    let names = step_names(&lesson.manifest);
    let current = names.get(at).cloned();
    let name = current.clone();
    let steps = names.clone();
    let heading = render::plain(&words.title);
    let (previous, next) = turn(here, &page);
    let prose = Prose::new(&renderer, manifest, words);
    let eyebrow = [Some(render::plain(&text.title)), Some(minutes(manifest.minutes)), optional(manifest)];
    let nav = turn_view(here, &previous, &next).into_any();
    let code = code(lesson, manifest).into_any();
    let recording = watch(here, lesson, manifest).into_any();
    let title_html = renderer.line(&words.title);
    let body = view! {
        <Step play>
            <div class="lesson">
                {panes().into_any()}
                <article class="prose" id="read">
                    {view! { <Progress steps current /> }.into_any()}
                    <p class="eyebrow">{eyebrow.into_iter().flatten().map(|words| view! { <span>{words}</span> }).collect::<Vec<_>>()}</p>
                    <h1 inner_html=title_html></h1>
                    {prose.view()}
                    {nav}
                </article>
                <section class="bench" aria-label=t("page.lab")>
                    {view! { <Lab /> }.into_any()}
                    {recording}
                    {code}
                </section>
            </div>
        </Step>
    };
    let mut sheet = Sheet::new("step", heading.clone(), body);
    sheet.crumbs = crumbs(lesson, text, heading);
    sheet.technique = Some(lesson.manifest.technique);
    sheet.place = Some((at + 1, lesson.manifest.step.len()));
    if let Some((path, at)) =
        here.walked().and_then(|path| Some((path, path.steps.iter().position(|step| Some(step) == name.as_ref())?)))
    {
        sheet.crumbs[0] = (path::name(&path.id), Some(Page::Path(path.id.clone())));
        sheet.place = Some((at + 1, path.steps.len()));
    }
    sheet.turn = (previous, next);
    sheet.popovers = renderer.popovers();
    Some(sheet)
}

/// On a narrow screen, one of the two halves is shown at a time. Radio buttons need no script.
pub fn panes() -> impl IntoView {
    view! {
        <fieldset class="panes">
            <legend>{t("page.panes")}</legend>
            <label><input type="radio" name="pane" id="pane-read" checked /><span>{t("page.pane_read")}</span></label>
            <label><input type="radio" name="pane" id="pane-lab" /><span>{t("page.pane_lab")}</span></label>
        </fieldset>
    }
}

fn minutes(minutes: u32) -> String {
    tf("page.minutes", &[("minutes", &minutes.to_string())])
}

fn optional(step: &manifest::Step) -> Option<String> {
    (!step.core).then(|| t("page.optional"))
}

/// The left half of a step, as HTML: what an island gets must be its own.
struct Prose {
    prose: String,
    predict: Question,
    run: Part,
    hints: Vec<String>,
    reason: Question,
    explain: Part,
    quote: Option<Part>,
    standard: Option<Part>,
}

struct Part {
    title: String,
    html: String,
}

struct Question {
    part: Part,
    options: Vec<Choosable>,
}

impl Part {
    fn new(renderer: &Renderer<'_>, section: &Section) -> Self {
        Self { title: renderer.line(&section.title), html: renderer.blocks(&section.blocks) }
    }
}

impl Question {
    fn new(renderer: &Renderer<'_>, asked: &Asked, names: &[String]) -> Self {
        let part = Part { title: renderer.line(&asked.title), html: renderer.blocks(&asked.question) };
        Self { part, options: options(renderer, names, &asked.options) }
    }
}

/// Options with their names, as the islands want them.
pub fn options(renderer: &Renderer<'_>, names: &[String], words: &[Vec<Block>]) -> Vec<Choosable> {
    let pairs = names.iter().zip(words);
    pairs.map(|(name, words)| Choosable { name: name.clone(), html: renderer.item(words) }).collect()
}

impl Prose {
    fn new(renderer: &Renderer<'_>, step: &manifest::Step, words: &StepText) -> Self {
        let part = |section: &Section| Part::new(renderer, section);
        Self {
            prose: renderer.blocks(&words.prose),
            predict: Question::new(renderer, &words.predict, &step.predict.options),
            run: part(&words.run),
            hints: words.hints.iter().map(|hint| renderer.item(hint)).collect(),
            reason: Question::new(renderer, &words.reason, &step.reason.options),
            explain: part(&words.explain),
            quote: words.quote.as_ref().map(part),
            standard: words.standard.as_ref().map(part),
        }
    }

    /// To be called inside of [`Step`] only: its islands find their stage in the context.
    fn view(self) -> Vec<AnyView> {
        let Self { prose, predict, run, hints, reason, explain, quote, standard } = self;
        let standard = standard.map(|part| {
            view! {
                <aside class="note">
                    <h2 inner_html=part.title></h2>
                    <div inner_html=part.html></div>
                </aside>
            }
            .into_any()
        });
        let quote = quote.map(|part| {
            view! {
                <section class="quoted">
                    <h2 inner_html=part.title></h2>
                    <div inner_html=part.html></div>
                </section>
            }
            .into_any()
        });
        // Each island is erased by itself: as one type, all of them together took minutes to compile.
        let predict = view! {
            <Choice which=Which::Prediction options=predict.options>
                <h2 inner_html=predict.part.title></h2>
                <div class="text" inner_html=predict.part.html></div>
            </Choice>
        }
        .into_any();
        let goal = view! {
            <Goal hints>
                <h2 inner_html=run.title></h2>
                <div class="text" inner_html=run.html></div>
            </Goal>
        }
        .into_any();
        let reason = view! {
            <Choice which=Which::Reason options=reason.options>
                <h2 inner_html=reason.part.title></h2>
                <div class="text" inner_html=reason.part.html></div>
            </Choice>
        }
        .into_any();
        let explain = view! {
            <Explain>
                <h2 inner_html=explain.title></h2>
                <div class="text" inner_html=explain.html></div>
            </Explain>
        }
        .into_any();
        let text = view! { <div class="text" inner_html=prose></div> }.into_any();
        vec![Some(text), Some(predict), Some(goal), Some(reason), Some(explain), standard, quote]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The files of the code tab.
fn code(lesson: &Lesson, step: &manifest::Step) -> Option<impl IntoView + use<>> {
    let files: Vec<_> = step
        .code
        .iter()
        .filter_map(|name| lesson.code.get(name).map(|text| (name.clone(), text.clone())))
        .map(|(name, text)| {
            let side = match name.rsplit('.').next() {
                Some("rs") => t("page.code_server"),
                Some("js") => t("page.code_browser"),
                _ => t("page.code_program"),
            };
            view! {
                <figure>
                    <figcaption><b>{side}</b> <code>{name}</code></figcaption>
                    <pre tabindex="0"><code>{text}</code></pre>
                </figure>
            }
        })
        .collect();
    (!files.is_empty()).then(|| {
        view! {
            <details class="code" id="lab-code">
                <summary>{t("page.code")}</summary>
                <div class="files">{files}</div>
            </details>
        }
    })
}

/// The way to the step's recording: folded away, and in sight when the lab cannot be reached (the styles see to that).
fn watch(here: &Here, lesson: &Lesson, step: &manifest::Step) -> Option<impl IntoView + use<>> {
    let href = recording::link(here, lesson, step)?;
    let link = move || view! { <a href=href.clone()>{t("page.recording_watch")}</a> };
    Some(view! {
        <p class="instead">{t("page.recording_instead")} " " {link()}</p>
        <details class="code watch">
            <summary>{t("page.recording")}</summary>
            <p>{link()}</p>
        </details>
    })
}

/// Links to the page before and the page after.
fn turn_view(here: &Here, previous: &Option<Page>, next: &Option<Page>) -> impl IntoView + use<> {
    let link = |page: &Option<Page>, class: &'static str, rel: &'static str, small: String| {
        let page = page.as_ref()?;
        let words = title(here, page)?;
        Some(view! {
            <a class=class rel=rel href=here.path(page)><small>{small}</small><span>{words}</span></a>
        })
    };
    view! {
        <nav class="turn" aria-label=t("page.turn")>
            {link(previous, "back", "prev", t("page.previous"))}
            {link(next, "go", "next", t("page.next"))}
        </nav>
    }
}

/// The recap of a lesson, with its questions.
pub fn recap(here: &Here, lesson: &str) -> Option<Sheet> {
    let page = Page::Recap(lesson.to_owned());
    let lesson = here.library.lesson(lesson)?;
    let text = lesson.texts.get(&here.locale)?;
    let renderer = Renderer::new(&here.library, here.locale);
    let heading = render::plain(&text.recap.title);
    let questions: Vec<_> = lesson
        .manifest
        .quiz
        .iter()
        .zip(&text.quiz)
        .map(|(question, words)| {
            let name = format!("{}/{}", lesson.manifest.id, question.id);
            let options = options(&renderer, &question.options, &words.options);
            let why = renderer.blocks(&words.why);
            let asked = renderer.line(&words.question);
            view! {
                <Quiz name options right=question.right.clone() why>
                    <h3 inner_html=asked></h3>
                </Quiz>
            }
            .into_any()
        })
        .collect();
    let (previous, next) = turn(here, &page);
    let id = lesson.manifest.id.clone();
    let body = view! {
        <article class="sheet prose">
            <Progress steps=step_names(&lesson.manifest) current=None />
            <p class="eyebrow"><span>{render::plain(&text.title)}</span></p>
            <h1 inner_html=renderer.line(&text.recap.title)></h1>
            <div class="text takeaways" inner_html=renderer.blocks(&text.recap.blocks)></div>
            <h2 inner_html=renderer.line(&text.quiz_title)></h2>
            {questions}
            <ul class="more">
                <li><a href=here.path(&Page::Print(id.clone()))>{t("page.handout")}</a></li>
                <li><a href=here.path(&Page::Teach(id))>{t("page.teacher")}</a></li>
            </ul>
            {turn_view(here, &previous, &next)}
        </article>
    };
    let mut sheet = Sheet::new("recap", heading.clone(), body);
    sheet.crumbs = crumbs(lesson, text, heading);
    sheet.technique = Some(lesson.manifest.technique);
    sheet.turn = (previous, next);
    sheet.popovers = renderer.popovers();
    Some(sheet)
}

/// The colour of a lesson, for parts of a page that show several.
pub fn hue(lesson: &manifest::Lesson) -> &'static str {
    technique_name(lesson.technique)
}
