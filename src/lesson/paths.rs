//! Paths through the course: some of its steps, in an order, for a time. The linter proves that they can be walked.

use std::collections::BTreeSet;

use super::{
    load::{Lesson, Library},
    manifest::{Path, Step},
    problem::Report,
};

const FILE: &str = "course.toml";

/// The steps of a path, as far as they exist.
pub fn steps<'a>(library: &'a Library, path: &'a Path) -> impl Iterator<Item = (&'a Lesson, usize)> {
    path.steps.iter().filter_map(|name| find(library, name))
}

/// How long a path takes, in minutes.
pub fn minutes(library: &Library, path: &Path) -> u32 {
    steps(library, path).map(|(lesson, at)| lesson.manifest.step[at].minutes).sum()
}

fn find<'a>(library: &'a Library, name: &str) -> Option<(&'a Lesson, usize)> {
    let (lesson, step) = name.split_once('/')?;
    let lesson = library.lesson(lesson)?;
    Some((lesson, lesson.position(step)?))
}

/// Checks that each path is of core steps that exist, once each, that what a step needs comes before it, and that it fills
/// its time and no more.
pub fn check(library: &Library, report: &mut Report) {
    let mut ids = BTreeSet::new();
    for path in &library.course.path {
        let mut wrong = |what: String| report.error(FILE, None, format!("the path {}: {what}", path.id));
        if !ids.insert(&path.id) {
            wrong("there are two of this name".to_owned());
        }
        for key in [format!("course.path_{}", path.id), format!("course.path_{}_text", path.id)] {
            if library.words.values().any(|words| words.get(&key).is_none()) {
                wrong(format!("the words for {key} are missing"));
            }
        }
        let mut walked = BTreeSet::new();
        for name in &path.steps {
            let Some((lesson, at)) = find(library, name) else {
                wrong(format!("there is no step {name}"));
                continue;
            };
            let step: &Step = &lesson.manifest.step[at];
            if !step.core {
                wrong(format!("{name} is optional"));
            }
            for need in step.needs.iter().filter(|need| !walked.contains(*need)) {
                wrong(format!("{name} needs {need}, which does not come before it"));
            }
            if !walked.insert(name) {
                wrong(format!("{name} comes twice"));
            }
        }
        let (takes, has) = (minutes(library, path), path.minutes);
        if takes > has || takes * 10 < has * 8 {
            wrong(format!("it takes {takes} of its {has} minutes: at most all of them, and at least four fifths"));
        }
    }
}
