//! From files to a [`Library`]: everything a page needs, read and checked once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::de::DeserializeOwned;

use super::{
    check,
    files::{Files, Stamp},
    glossary::{self, Glossary},
    manifest,
    notes::{self, Notes},
    parse::{self, Section},
    problem::Report,
    text::{self, Text},
};
use crate::i18n::{Locale, Words};

/// The whole course.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// What `course.toml` says.
    pub course: manifest::Course,
    /// The lessons, in the order of the course.
    pub lessons: Vec<Lesson>,
    /// The glossary.
    pub glossary: Glossary,
    /// The notes that the course is made from.
    pub notes: Notes,
    /// The words of the pages, by language.
    pub words: BTreeMap<Locale, Words>,
    /// The errata of the notes, by language.
    pub errata: BTreeMap<Locale, Section>,
}

/// A lesson with its texts.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its folder.
    pub folder: String,
    /// What `lesson.toml` says.
    pub manifest: manifest::Lesson,
    /// The texts, by language.
    pub texts: BTreeMap<Locale, Text>,
    /// The parsed trees that the texts were shaped from, for the linter.
    pub trees: BTreeMap<Locale, Section>,
    /// The files of the code tab, by the name that the manifest uses.
    pub code: BTreeMap<String, String>,
    /// The recordings of its steps, by the step's id.
    pub recordings: BTreeMap<String, Vec<u8>>,
}

impl Library {
    /// Reads and checks the files. With an error in the report there is no library that could be served.
    pub fn load(files: &Files) -> (Option<Self>, Report) {
        let mut report = Report::default();
        let course: Option<manifest::Course> = read_toml(files, "course.toml", &mut report);
        let Some(course) = course else { return (None, report) };
        let mut library = Self { course, ..Self::default() };
        library.words = read_words(files, &mut report);
        if let Some(text) = read_text(files, glossary::FILE, &mut report) {
            library.glossary = Glossary::parse(&text, &mut report);
        }
        if let Some(text) = read_text(files, notes::FILE, &mut report) {
            library.notes = Notes::parse(&text, &mut report);
        }
        for locale in Locale::ALL {
            let file = format!("errata/{}.md", locale.prefix());
            if let Some(text) = read_text(files, &file, &mut report) {
                library.errata.insert(locale, parse::parse(&file, &text, locale, &mut report));
            }
        }
        for folder in &library.course.lessons.clone() {
            library.lessons.extend(Lesson::load(files, folder, &mut report));
        }
        check::check(files, &library, &mut report);
        let usable = (!report.failed()).then_some(library);
        (usable, report)
    }

    /// The lesson with this id.
    pub fn lesson(&self, id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.manifest.id == id)
    }

    /// The steps that teach a line of the notes, by their places in their lessons, in the order of the course.
    pub fn teaching<'a>(&'a self, note: &'a str) -> impl Iterator<Item = (&'a Lesson, usize)> {
        self.lessons.iter().flat_map(move |lesson| {
            let steps = lesson.manifest.step.iter().enumerate();
            steps
                .filter(move |(_, step)| step.notes.iter().any(|taught| taught == note))
                .map(move |(at, _)| (lesson, at))
        })
    }
}

impl Lesson {
    fn load(files: &Files, folder: &str, report: &mut Report) -> Option<Self> {
        let manifest: manifest::Lesson = read_toml(files, &format!("{folder}/lesson.toml"), report)?;
        let (mut texts, mut trees) = (BTreeMap::new(), BTreeMap::new());
        for locale in Locale::ALL {
            let file = format!("{folder}/{}.md", locale.prefix());
            let Some(words) = read_text(files, &file, report) else { continue };
            let tree = parse::parse(&file, &words, locale, report);
            texts.insert(locale, text::shape(&file, &manifest, tree.clone(), report));
            trees.insert(locale, tree);
        }
        let mut code = BTreeMap::new();
        for name in manifest.step.iter().flat_map(|step| &step.code) {
            let file = format!("{folder}/code/{name}");
            if code.contains_key(name) {
                continue;
            }
            if let Some(text) = read_text(files, &file, report) {
                code.insert(name.clone(), text);
            }
        }
        let kept = |step: &manifest::Step| {
            let bytes = files.get(&recording(folder, &step.id))?;
            Some((step.id.clone(), bytes.to_vec()))
        };
        let recordings = manifest.step.iter().filter_map(kept).collect();
        Some(Self { folder: folder.to_owned(), manifest, texts, trees, code, recordings })
    }

    /// The place of a step in the lesson.
    pub fn position(&self, step: &str) -> Option<usize> {
        self.manifest.step.iter().position(|candidate| candidate.id == step)
    }
}

/// Where the recording of a step is.
pub fn recording(folder: &str, step: &str) -> String {
    format!("{folder}/recordings/{step}.jsonl")
}

/// Reads a UTF-8 file, or reports why not.
fn read_text(files: &Files, path: &str, report: &mut Report) -> Option<String> {
    let Some(bytes) = files.get(path) else {
        report.error(path, None, "the file is missing");
        return None;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            report.error(path, Some(line), "the file is not UTF-8");
            None
        }
    }
}

fn read_toml<T: DeserializeOwned>(files: &Files, path: &str, report: &mut Report) -> Option<T> {
    let text = read_text(files, path, report)?;
    match toml::from_str(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            toml_error(path, &text, &error, report);
            None
        }
    }
}

/// Reports an error of the TOML reader with its line.
pub fn toml_error(file: &str, text: &str, error: &toml::de::Error, report: &mut Report) {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count() + 1);
    report.error(file, line, error.message().lines().next().unwrap_or("is not valid TOML"));
}

fn read_words(files: &Files, report: &mut Report) -> BTreeMap<Locale, Words> {
    let read = |locale: Locale| {
        let folder = format!("locale/{}", locale.prefix());
        let mut words = BTreeMap::new();
        for name in files.under(&folder) {
            let path = format!("{folder}/{name}");
            let Some(stem) = name.strip_suffix(".toml").filter(|stem| !stem.contains('/')) else {
                report.error(&path, None, "the folder of a language holds .toml files only");
                continue;
            };
            let table: Option<BTreeMap<String, String>> = read_toml(files, &path, report);
            words.extend(table.unwrap_or_default().into_iter().map(|(key, text)| (format!("{stem}.{key}"), text)));
        }
        (locale, Words::new(words))
    };
    Locale::ALL.into_iter().map(read).collect()
}

/// Where the pages get the lessons from.
#[derive(Debug)]
pub struct Shelf {
    folder: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    library: Arc<Library>,
    stamp: Stamp,
}

impl Shelf {
    /// The lessons inside the program.
    ///
    /// # Errors
    /// The linter's report, when it was compiled with lessons that cannot be served.
    pub fn embedded() -> Result<Self, Report> {
        let library = usable(Library::load(&Files::embedded()))?;
        Ok(Self { folder: None, state: Mutex::new(State { library, stamp: Stamp::default() }) })
    }

    /// The lessons in a folder, read again whenever a file in it changes.
    ///
    /// # Errors
    /// When it cannot be read, or the linter's report when it holds lessons that cannot be served.
    pub fn folder(folder: &Path) -> Result<Self, Report> {
        let (library, stamp) = read(folder)?;
        let state = Mutex::new(State { library: usable(library)?, stamp });
        Ok(Self { folder: Some(folder.to_owned()), state })
    }

    /// The lessons as they are now. After a change that the linter refuses, or that cannot be read, the last good ones
    /// stay, and the reason goes to the log, once for each change.
    pub fn library(&self) -> Arc<Library> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &self.folder {
            match Stamp::of(folder) {
                Ok(stamp) if stamp == state.stamp => {}
                Ok(_) => state.renew(folder),
                Err(error) if state.stamp != Stamp::default() => {
                    tracing::error!("cannot read {}: {error}; the last good lessons stay", folder.display());
                    state.stamp = Stamp::default();
                }
                Err(_) => {}
            }
        }
        state.library.clone()
    }
}

impl State {
    fn renew(&mut self, folder: &Path) {
        match read(folder) {
            Ok((loaded, stamp)) => {
                self.stamp = stamp;
                match usable(loaded) {
                    Ok(library) => {
                        tracing::info!("the lessons changed and were read again");
                        self.library = library;
                    }
                    Err(report) => tracing::error!("the lessons changed, and the last good ones stay:\n{report}"),
                }
            }
            Err(report) => tracing::error!("the last good lessons stay: {report}"),
        }
    }
}

/// The stamp is taken first: a change in between is then seen the next time.
fn read(folder: &Path) -> Result<((Option<Library>, Report), Stamp), Report> {
    let both = || Ok((Stamp::of(folder)?, Files::read(folder)?));
    match both() {
        Ok((stamp, files)) => Ok((Library::load(&files), stamp)),
        Err(error) => Err(unreadable(folder, &error)),
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Report {
    let mut report = Report::default();
    report.error(&folder.display().to_string(), None, format!("cannot be read: {error}"));
    report
}

fn usable((library, report): (Option<Library>, Report)) -> Result<Arc<Library>, Report> {
    library.map(Arc::new).ok_or(report)
}
