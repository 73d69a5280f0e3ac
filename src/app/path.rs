//! A path through the course: its steps in order, with how far this browser has come.

use leptos::prelude::*;

use super::{Here, lesson::hue, page::Page, shell::Sheet};
use crate::{
    i18n::{t, tf},
    lesson::{load::Library, manifest, paths, render},
    ui::page::Progress,
};

/// The pages that are read one after the other on a path; the path's own page comes last.
pub fn sequence(library: &Library, path: &manifest::Path) -> Vec<Page> {
    let steps = paths::steps(library, path).map(|(lesson, at)| Page::Step {
        lesson: lesson.manifest.id.clone(),
        step: lesson.manifest.step[at].id.clone(),
    });
    steps.chain([Page::Path(path.id.clone())]).collect()
}

/// What a path is called.
pub fn name(id: &str) -> String {
    t(&format!("course.path_{id}"))
}

/// The page of a path.
pub fn path(here: &Here, id: &str) -> Option<Sheet> {
    let path = here.library.course.path.iter().find(|path| path.id == id)?;
    let mut at_lesson = String::new();
    let steps: Vec<_> = paths::steps(&here.library, path)
        .filter_map(|(lesson, at)| {
            let (step, text) = (&lesson.manifest.step[at], lesson.texts.get(&here.locale)?);
            let page = Page::Step { lesson: lesson.manifest.id.clone(), step: step.id.clone() };
            let href = format!("{}?path={id}", page.path(here.locale));
            let minutes = tf("page.minutes", &[("minutes", &step.minutes.to_string())]);
            // A lesson's name stands where it begins.
            let new = at_lesson != lesson.manifest.id;
            at_lesson.clone_from(&lesson.manifest.id);
            let lesson_name = new.then(|| view! { <small>{render::plain(&text.title)}</small> });
            Some(view! {
                <li data-technique=hue(&lesson.manifest)>
                    {lesson_name}
                    <a href=href>{render::plain(&text.steps.get(at)?.title)}</a>
                    <span class="minutes">{minutes}</span>
                </li>
            })
        })
        .collect();
    let first = path.steps.first().and_then(|name| name.split_once('/')).map(|(lesson, step)| {
        let page = Page::Step { lesson: lesson.to_owned(), step: step.to_owned() };
        format!("{}?path={id}", page.path(here.locale))
    });
    let takes = paths::minutes(&here.library, path).to_string();
    let names = path.steps.clone();
    let body = view! {
        <article class="sheet walk">
            <h1>{name(id)}</h1>
            <p class="lead">{tf(&format!("course.path_{id}_text"), &[("minutes", &takes)])}</p>
            {view! { <Progress steps=names current=None /> }.into_any()}
            <p class="calls"><a class="button go" href=first>{t("page.path_start")}</a></p>
            <ol class="stages">{steps}</ol>
        </article>
    };
    let mut sheet = Sheet::new("path", name(id), body);
    sheet.crumbs = vec![(t("page.nav_lessons"), Some(Page::Map)), (name(id), None)];
    Some(sheet)
}

/// The paths that the course offers, as links with their times.
pub fn offers(here: &Here) -> impl IntoView + use<> {
    let links: Vec<_> = here
        .library
        .course
        .path
        .iter()
        .map(|path| {
            let takes = paths::minutes(&here.library, path).to_string();
            view! {
                <a class="button" href=here.path(&Page::Path(path.id.clone()))>
                    {name(&path.id)}
                    <small>{tf("page.minutes", &[("minutes", &takes)])}</small>
                </a>
            }
        })
        .collect();
    view! {
        <p class="calls paths">
            {links}
            <a class="button" href=here.path(&Page::Choose)>{t("page.nav_choose")}</a>
        </p>
    }
}
