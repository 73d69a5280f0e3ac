//! The pages by name: what a path means, and the path of a page. Links are made here and nowhere else.

use crate::{class::Code, i18n::Locale};

/// A page of the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// What this is, at a glance.
    Home,
    /// The map of the course.
    Map,
    /// A step of a lesson.
    Step {
        /// The lesson's id.
        lesson: String,
        /// The step's id.
        step: String,
    },
    /// The recap and the questions of a lesson.
    Recap(String),
    /// The hand-out of a lesson.
    Print(String),
    /// The teacher's part of a lesson.
    Teach(String),
    /// The free lab.
    Lab,
    /// A path through the course.
    Path(String),
    /// The chooser: which way for which task.
    Choose,
    /// The field guide: every fault once.
    Faults,
    /// A recording: that of a step (lesson and step), or any that a reader opens.
    Recording(Option<(String, String)>),
    /// The glossary.
    Glossary,
    /// The notes that the course is made from.
    Notes,
    /// The slips of the notes.
    Errata,
    /// Where a class is opened, or joined.
    Class,
    /// A face of the class of this code.
    ClassFace(Code, ClassFace),
    /// Where readers join a class.
    Join(Code),
    /// Where they wait for it to begin.
    Room(Code),
    /// The quiz of a class: before its lessons, or after them.
    Quiz(Code, Round),
}

/// When a class's quiz is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Before the lessons.
    Before,
    /// After them.
    After,
}

impl Round {
    /// Its name in addresses and ballots.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// The instructor's pages of a class, and the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassFace {
    /// The desk.
    Desk,
    /// The wall.
    Wall,
    /// The phone.
    Remote,
    /// What remains.
    Report,
}

impl ClassFace {
    const ALL: [Self; 4] = [Self::Desk, Self::Wall, Self::Remote, Self::Report];

    /// Its name in the address.
    fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Wall => "wall",
            Self::Remote => "remote",
            Self::Report => "report",
        }
    }
}

/// What stands below a lesson besides its steps.
const RECAP: &str = "recap";
const PRINT: &str = "print";
const TEACH: &str = "teach";

impl Page {
    /// The page of a path below its language, without the first slash.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts[..] {
            [""] => Self::Home,
            ["lessons", ""] => Self::Map,
            ["lessons", lesson, RECAP] => Self::Recap(lesson.to_owned()),
            ["lessons", lesson, PRINT] => Self::Print(lesson.to_owned()),
            ["lessons", lesson, TEACH] => Self::Teach(lesson.to_owned()),
            ["lessons", lesson, step] if !step.is_empty() => {
                Self::Step { lesson: lesson.to_owned(), step: step.to_owned() }
            }
            ["lab"] => Self::Lab,
            ["path", path] if !path.is_empty() => Self::Path(path.to_owned()),
            ["choose"] => Self::Choose,
            ["faults"] => Self::Faults,
            ["recording"] => Self::Recording(None),
            ["recording", lesson, step] if !step.is_empty() => {
                Self::Recording(Some((lesson.to_owned(), step.to_owned())))
            }
            ["glossary"] => Self::Glossary,
            ["notes"] => Self::Notes,
            ["errata"] => Self::Errata,
            ["class"] => Self::Class,
            ["class", code, face] => {
                let face = ClassFace::ALL.into_iter().find(|known| known.name() == face)?;
                Self::ClassFace(Code::parse(code)?, face)
            }
            ["join", code] => Self::Join(Code::parse(code)?),
            ["join", code, "room"] => Self::Room(Code::parse(code)?),
            ["join", code, "quiz", "before"] => Self::Quiz(Code::parse(code)?, Round::Before),
            ["join", code, "quiz", "after"] => Self::Quiz(Code::parse(code)?, Round::After),
            _ => return None,
        })
    }

    /// What a class calls the page: a step, the quiz, or nothing.
    pub fn name_for_class(&self) -> String {
        match self {
            Self::Step { lesson, step } => format!("{lesson}/{step}"),
            Self::Quiz(_, round) => format!("quiz/{}", round.name()),
            _ => String::new(),
        }
    }

    /// The path of the page in a language.
    pub fn path(&self, locale: Locale) -> String {
        let prefix = locale.prefix();
        match self {
            Self::Home => format!("/{prefix}/"),
            Self::Map => format!("/{prefix}/lessons/"),
            Self::Step { lesson, step } => format!("/{prefix}/lessons/{lesson}/{step}"),
            Self::Recap(lesson) => format!("/{prefix}/lessons/{lesson}/{RECAP}"),
            Self::Print(lesson) => format!("/{prefix}/lessons/{lesson}/{PRINT}"),
            Self::Teach(lesson) => format!("/{prefix}/lessons/{lesson}/{TEACH}"),
            Self::Lab => format!("/{prefix}/lab"),
            Self::Path(path) => format!("/{prefix}/path/{path}"),
            Self::Choose => format!("/{prefix}/choose"),
            Self::Faults => format!("/{prefix}/faults"),
            Self::Recording(None) => format!("/{prefix}/recording"),
            Self::Recording(Some((lesson, step))) => format!("/{prefix}/recording/{lesson}/{step}"),
            Self::Glossary => format!("/{prefix}/glossary"),
            Self::Notes => format!("/{prefix}/notes"),
            Self::Errata => format!("/{prefix}/errata"),
            Self::Class => format!("/{prefix}/class"),
            Self::ClassFace(code, face) => format!("/{prefix}/class/{code}/{}", face.name()),
            Self::Join(code) => format!("/{prefix}/join/{code}"),
            Self::Room(code) => format!("/{prefix}/join/{code}/room"),
            Self::Quiz(code, round) => format!("/{prefix}/join/{code}/quiz/{}", round.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_own_path() {
        let lesson = || "short-polling".to_owned();
        for page in [
            Page::Home,
            Page::Map,
            Page::Step { lesson: lesson(), step: "job".into() },
            Page::Recap(lesson()),
            Page::Print(lesson()),
            Page::Teach(lesson()),
            Page::Lab,
            Page::Path("tour".into()),
            Page::Choose,
            Page::Faults,
            Page::Recording(None),
            Page::Recording(Some((lesson(), "job".into()))),
            Page::Glossary,
            Page::Notes,
            Page::Errata,
            Page::Class,
            Page::ClassFace(Code::parse("ACDEFG").unwrap(), ClassFace::Desk),
            Page::ClassFace(Code::parse("ACDEFG").unwrap(), ClassFace::Wall),
            Page::ClassFace(Code::parse("ACDEFG").unwrap(), ClassFace::Remote),
            Page::ClassFace(Code::parse("ACDEFG").unwrap(), ClassFace::Report),
            Page::Join(Code::parse("ACDEFG").unwrap()),
            Page::Room(Code::parse("ACDEFG").unwrap()),
            Page::Quiz(Code::parse("ACDEFG").unwrap(), Round::After),
        ] {
            for locale in Locale::ALL {
                let path = page.path(locale);
                let (prefix, rest) = path[1..].split_once('/').expect("a path has a language");
                assert_eq!((Locale::from_prefix(prefix), Page::parse(rest)), (Some(locale), Some(page.clone())));
            }
        }
        for path in ["x", "lessons", "lessons/a", "lessons/a/", "lessons/a/b/c", "lab/", "/", "join/", "join/0OIL15"] {
            assert_eq!(Page::parse(path), None, "{path}");
        }
    }
}
