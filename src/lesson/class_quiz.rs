//! The short quiz that a class may take before and after its lessons: some questions of the lessons' own.

use std::collections::BTreeSet;

use super::{
    load::{Lesson, Library},
    problem::Report,
};

const FILE: &str = "course.toml";

/// How many questions it may have: few enough for five minutes.
const MOST: usize = 8;

/// Its questions, as far as they exist: the lesson, and which of its questions.
pub fn questions(library: &Library) -> impl Iterator<Item = (&Lesson, usize)> {
    library.course.quiz.iter().filter_map(|name| find(library, name))
}

fn find<'a>(library: &'a Library, name: &str) -> Option<(&'a Lesson, usize)> {
    let (lesson, question) = name.split_once('/')?;
    let lesson = library.lesson(lesson)?;
    Some((lesson, lesson.manifest.quiz.iter().position(|known| known.id == question)?))
}

/// Checks that it is short, and of questions that exist, once each.
pub fn check(library: &Library, report: &mut Report) {
    let mut wrong = |what: String| report.error(FILE, None, format!("the class's quiz: {what}"));
    let names = &library.course.quiz;
    if names.len() > MOST {
        wrong(format!("it has {} questions, more than {MOST}", names.len()));
    }
    let mut known = BTreeSet::new();
    for name in names {
        if find(library, name).is_none() {
            wrong(format!("there is no question {name}"));
        } else if !known.insert(name) {
            wrong(format!("{name} comes twice"));
        }
    }
}
