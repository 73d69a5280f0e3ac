//! The linter: what a lesson's author should hear before a reader does.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::ExitCode,
};

use super::{
    class_quiz,
    files::Files,
    glossary,
    load::{Lesson, Library, recording},
    manifest::{Choice, REPLAY, Step},
    notes,
    parse::{self, Link, Section, Target},
    paths, possible,
    problem::Report,
    text,
};
use crate::{
    i18n::{Locale, placeholders},
    recording::{Trouble, read::read},
    wire::observation::SEATS,
};

/// What a `lab:` link may name besides the controls of a step.
const ALWAYS: [&str; 5] = ["run", "publish", "reset", "picture", "ledger"];

/// Checks the lessons in a folder, or those inside the program, and prints what was found: 0 when they can be served, 1 when they
/// cannot, 2 when they cannot be read.
pub fn run(folder: Option<&Path>) -> ExitCode {
    let files = match folder.map(Files::read) {
        None => Files::embedded(),
        Some(Ok(files)) => files,
        Some(Err(error)) => {
            let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
            eprintln!("lifeline: cannot read {folder}: {error}");
            return ExitCode::from(2);
        }
    };
    let (library, report) = Library::load(&files);
    eprint!("{report}");
    match library {
        Some(library) => {
            println!("{}", summary(&library));
            ExitCode::SUCCESS
        }
        None => {
            let errors = report.problems.iter().filter(|p| p.severity == super::problem::Severity::Error).count();
            eprintln!("lifeline: {errors} errors in the lessons");
            ExitCode::FAILURE
        }
    }
}

/// What the course holds, in a line or two.
fn summary(library: &Library) -> String {
    let steps: Vec<&Step> = library.lessons.iter().flat_map(|lesson| &lesson.manifest.step).collect();
    let minutes: u32 = steps.iter().filter(|step| step.core).map(|step| step.minutes).sum();
    let untaught = untaught(library);
    let taught = library.notes.lines.len() - untaught.len();
    format!(
        "{} lessons, {} steps ({} core, {minutes} min), {} terms, {taught} of {} lines of the notes taught{}{}",
        library.lessons.len(),
        steps.len(),
        steps.iter().filter(|step| step.core).count(),
        library.glossary.terms.len(),
        library.notes.lines.len(),
        if untaught.is_empty() { "" } else { "; still untaught: " },
        untaught.join(" "),
    )
}

/// The lines of the notes that no step teaches.
pub fn untaught(library: &Library) -> Vec<&str> {
    let lines = library.notes.lines.iter().map(|line| line.id.as_str());
    lines.filter(|line| library.teaching(line).next().is_none()).collect()
}

/// Checks what reading alone does not: what must fit together across files.
pub fn check(files: &Files, library: &Library, report: &mut Report) {
    words(library, report);
    listed(files, library, report);
    course(library, report);
    needs(library, report);
    paths::check(library, report);
    class_quiz::check(library, report);
    for lesson in &library.lessons {
        let linter = Linter { library, lesson, file: format!("{}/lesson.toml", lesson.folder) };
        linter.lesson(report);
        linter.texts(report);
    }
    let trees: Vec<(Locale, &Section)> = library.errata.iter().map(|(locale, tree)| (*locale, tree)).collect();
    same_outline("errata", &trees, report);
    for (locale, tree) in trees {
        links(library, None, &format!("errata/{}.md", locale.prefix()), tree, report);
    }
    recordings(library, report);
    let left = untaught(library);
    if !left.is_empty() {
        report.notice(notes::FILE, format!("lines of the notes still untaught: {}", left.join(" ")));
    }
}

/// Every recording can be read and is that of its step; every core step has one.
fn recordings(library: &Library, report: &mut Report) {
    let mut missing = Vec::new();
    for lesson in &library.lessons {
        for step in &lesson.manifest.step {
            let name = format!("{}/{}", lesson.manifest.id, step.id);
            let Some(bytes) = lesson.recordings.get(&step.id) else {
                missing.extend(step.core.then_some(name));
                continue;
            };
            let file = recording(&lesson.folder, &step.id);
            match read(&String::from_utf8_lossy(bytes)) {
                Ok(opened) if opened.header.step.as_ref() == Some(&name) => {}
                Ok(_) => report.error(&file, Some(1), format!("this is not a recording of {name}")),
                Err(Trouble::Line { line, why }) => {
                    report.error(&file, usize::try_from(line).ok(), format!("this is no recording: {why}"));
                }
                Err(why) => report.error(&file, None, format!("this is no recording: {why:?}")),
            }
        }
    }
    if !missing.is_empty() {
        report.notice("course.toml", format!("core steps without a recording: {}", missing.join(" ")));
    }
}

/// The same keys, with the same names between braces, in every language.
fn words(library: &Library, report: &mut Report) {
    let all: BTreeSet<&str> = library.words.values().flat_map(|words| words.keys()).collect();
    for key in all {
        let mut names: Option<Vec<&str>> = None;
        for (locale, words) in &library.words {
            let file = format!("locale/{}/{}.toml", locale.prefix(), key.split('.').next().unwrap_or_default());
            match words.get(key) {
                None => report.error(&file, None, format!("the words for {key} are missing")),
                Some("") => report.error(&file, None, format!("the words for {key} are empty")),
                Some(text) => {
                    let found = placeholders(text);
                    if names.as_ref().is_some_and(|names| *names != found) {
                        let what = format!("the words for {key} use other {{names}} than in another language");
                        report.error(&file, None, what);
                    }
                    names = Some(found);
                }
            }
        }
    }
}

/// Every file must belong to something.
fn listed(files: &Files, library: &Library, report: &mut Report) {
    let mut known: BTreeSet<String> = ["course.toml", glossary::FILE, notes::FILE].map(str::to_owned).into();
    let folders = library.course.lessons.iter().map(String::as_str).chain(["errata"]);
    for (folder, locale) in folders.flat_map(|folder| Locale::ALL.map(|locale| (folder, locale))) {
        known.insert(format!("{folder}/{}.md", locale.prefix()));
        known.insert(format!("{folder}/lesson.toml"));
    }
    for lesson in &library.lessons {
        known.extend(
            lesson
                .manifest
                .step
                .iter()
                .flat_map(|step| &step.code)
                .map(|name| format!("{}/code/{name}", lesson.folder)),
        );
    }
    for lesson in &library.lessons {
        known.extend(lesson.manifest.step.iter().map(|step| recording(&lesson.folder, &step.id)));
    }
    for path in files.paths() {
        let locale = path.strip_prefix("locale/").and_then(|rest| rest.split_once('/'));
        let is_words = locale.is_some_and(|(prefix, _)| Locale::from_prefix(prefix).is_some());
        if !known.contains(path) && !is_words {
            let what = match path.split_once('/') {
                Some((folder, rest))
                    if !rest.starts_with("code/")
                        && !rest.starts_with("recordings/")
                        && !library.course.lessons.iter().any(|l| l == folder) =>
                {
                    "the folder is not listed in course.toml"
                }
                Some(_) => "the file is not listed in its lesson.toml",
                None => "nothing uses this file",
            };
            report.error(path, None, what);
        }
    }
}

fn course(library: &Library, report: &mut Report) {
    let mut ids = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for lesson in &library.lessons {
        let file = format!("{}/lesson.toml", lesson.folder);
        if !ids.insert(&lesson.manifest.id) {
            report.error(&file, None, format!("another lesson has the id {}", lesson.manifest.id));
        }
        if !numbers.insert(lesson.manifest.number) {
            report.error(&file, None, format!("another lesson has the number {}", lesson.manifest.number));
        }
        slug(&file, &lesson.manifest.id, report);
    }
    for planned in &library.course.planned {
        if !numbers.insert(planned.number) {
            report.error("course.toml", None, format!("lesson {} is written and planned at once", planned.number));
        }
        if library.words.values().any(|words| words.get(&planned.title).is_none()) {
            report.error("course.toml", None, format!("the locale files have no words for {}", planned.title));
        }
    }
}

/// What stands in a URL must be plain there.
fn slug(file: &str, id: &str, report: &mut Report) {
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain {
        report.error(file, None, format!("the id {id:?} may hold small letters, digits and dashes only"));
    }
}

/// The steps that should come before: they exist, and never each before the other.
fn needs(library: &Library, report: &mut Report) {
    let mut graph: BTreeMap<String, (&[String], String)> = BTreeMap::new();
    for lesson in &library.lessons {
        for step in &lesson.manifest.step {
            let name = format!("{}/{}", lesson.manifest.id, step.id);
            graph.insert(name, (&step.needs, format!("{}/lesson.toml", lesson.folder)));
        }
    }
    for (name, (needs, file)) in &graph {
        for need in needs.iter().filter(|need| !graph.contains_key(*need)) {
            report.error(file, None, format!("step {name} needs {need}, which does not exist"));
        }
        // Whatever is reachable from a step must not be the step itself.
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = needs.iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if next == name {
                report.error(file, None, format!("step {name} needs itself, by way of others"));
                break;
            }
            if seen.insert(next)
                && let Some((needs, _)) = graph.get(next)
            {
                open.extend(needs.iter().map(String::as_str));
            }
        }
    }
}

fn same_outline(what: &str, trees: &[(Locale, &Section)], report: &mut Report) {
    let Some(((first, tree), rest)) = trees.split_first() else { return };
    let expected = text::outline(tree);
    for (locale, tree) in rest {
        let found = text::outline(tree);
        let file = format!("{what}/{}.md", locale.prefix());
        for path in expected.iter().filter(|path| !found.contains(path)) {
            report.error(&file, None, format!("section {path} is there in {}.md and not here", first.prefix()));
        }
        for path in found.iter().filter(|path| !expected.contains(path)) {
            report.error(&file, None, format!("section {path} is here and not in {}.md", first.prefix()));
        }
    }
}

/// Every link leads somewhere. `lesson` is the one whose text it is, for its controls.
fn links(library: &Library, lesson: Option<(&Lesson, &Step)>, file: &str, tree: &Section, report: &mut Report) {
    parse::links_of_section(tree, &mut |link| link_leads(library, lesson, file, link, report));
}

fn link_leads(library: &Library, lesson: Option<(&Lesson, &Step)>, file: &str, link: &Link, report: &mut Report) {
    let dead = match &link.to {
        Target::Term(id) => library.glossary.find(id).is_none().then(|| format!("the glossary has no term {id}")),
        Target::Page(page) => {
            let known = ["choose", "faults", "lab"].contains(&page.as_str());
            (!known).then(|| format!("there is no page {page} to link to"))
        }
        Target::Note(note) => (!library.notes.has(note)).then(|| format!("the notes have no line {note}")),
        Target::Step(name) => {
            let step = name.split_once('/').and_then(|(id, step)| library.lesson(id)?.position(step));
            step.is_none().then(|| format!("there is no step {name}"))
        }
        Target::Lab(control) => match lesson {
            None => Some("there is no lab beside this text".to_owned()),
            Some((_, step)) => {
                let shown = step.controls.iter().any(|shown| control_name(shown) == *control);
                (!shown && !ALWAYS.contains(&control.as_str()))
                    .then(|| format!("step {} shows no control {control}", step.id))
            }
        },
        Target::Rfc { .. } | Target::Whatwg(_) | Target::Web(_) => None,
    };
    if let Some(what) = dead {
        report.error(file, Some(link.line), what);
    }
}

/// A control's name as the manifest and the links write it.
fn control_name(control: &super::manifest::Control) -> String {
    serde_json::to_value(control).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What is checked for one lesson.
struct Linter<'a> {
    library: &'a Library,
    lesson: &'a Lesson,
    file: String,
}

impl Linter<'_> {
    fn lesson(&self, report: &mut Report) {
        let manifest = &self.lesson.manifest;
        if manifest.step.is_empty() {
            report.error(&self.file, None, "a lesson needs a step");
        }
        let mut ids = BTreeSet::from(["recap", "quiz", "teacher", "print", "teach", REPLAY]);
        for step in &manifest.step {
            slug(&self.file, &step.id, report);
            if !ids.insert(&step.id) {
                report.error(&self.file, None, format!("the id {} is taken", step.id));
            }
            for what in self.step(step) {
                report.error(&self.file, None, format!("step {}: {what}", step.id));
            }
        }
        for question in &manifest.quiz {
            if !ids.insert(&question.id) {
                report.error(&self.file, None, format!("the id {} is taken", question.id));
            }
            let from = question.from.split_once('/').and_then(|(id, step)| self.library.lesson(id)?.position(step));
            if from.is_none() {
                let what = format!("question {} goes back to {}, which does not exist", question.id, question.from);
                report.error(&self.file, None, what);
            }
            for what in options(&question.options, &question.right) {
                report.error(&self.file, None, format!("question {}: {what}", question.id));
            }
        }
    }

    /// What is wrong with a step of the manifest.
    fn step(&self, step: &Step) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, choice) in [("predict", &step.predict), ("reason", &step.reason)] {
            let Choice { options: names, right, measured } = choice;
            wrong.extend(options(names, right).into_iter().map(|what| format!("{name}: {what}")));
            wrong.extend(measured.and_then(|figure| possible::impossible(step, figure)));
        }
        wrong.extend(step.clients().filter_map(|client| client.check().err()));
        if step.beside.len() >= SEATS {
            wrong.push(format!("at most {SEATS} clients run side by side, not {}", step.beside.len() + 1));
        }
        if step.goal.is_empty() {
            wrong.push("the goal asks for nothing".to_owned());
        }
        wrong.extend(step.goal.iter().filter_map(|check| possible::unmeetable(step, check)));
        wrong.extend(step.figures.iter().filter_map(|figure| possible::impossible(step, *figure)));
        if !(1..=3).contains(&step.figures.len()) {
            wrong.push("one to three figures are shown large".to_owned());
        }
        if step.hints == 0 {
            wrong.push("a step has at least one hint".to_owned());
        }
        if step.minutes == 0 {
            wrong.push("a step takes at least a minute".to_owned());
        }
        if step.claims.is_empty() {
            wrong.push("a step asserts at least one claim".to_owned());
        }
        if step.misconceptions.is_empty() {
            wrong.push("a step meets at least one misconception".to_owned());
        }
        let unknown = step.notes.iter().filter(|note| !self.library.notes.has(note));
        wrong.extend(unknown.map(|note| format!("the notes have no line {note}")));
        wrong
    }

    fn texts(&self, report: &mut Report) {
        let trees: Vec<(Locale, &Section)> = self.lesson.trees.iter().map(|(locale, tree)| (*locale, tree)).collect();
        same_outline(&self.lesson.folder, &trees, report);
        for (locale, tree) in trees {
            let file = format!("{}/{}.md", self.lesson.folder, locale.prefix());
            let root = Section { sections: Vec::new(), ..tree.clone() };
            links(self.library, None, &file, &root, report);
            for section in &tree.sections {
                let step = self.lesson.position(&section.id).map(|at| &self.lesson.manifest.step[at]);
                links(self.library, step.map(|step| (self.lesson, step)), &file, section, report);
            }
        }
    }
}

/// What is wrong with a list of options.
fn options(names: &[String], right: &String) -> Vec<String> {
    let mut wrong = Vec::new();
    if names.len() < 2 {
        wrong.push("a question needs at least two options".to_owned());
    }
    if !names.contains(right) {
        wrong.push(format!("the right option {right:?} is not among the options"));
    }
    let different: BTreeSet<&String> = names.iter().collect();
    if different.len() < names.len() {
        wrong.push("an option is listed twice".to_owned());
    }
    if names.iter().any(|name| name == "not-sure") {
        wrong.push("\"not-sure\" is offered by the page".to_owned());
    }
    wrong
}
