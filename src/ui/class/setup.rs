//! What the server tells the faces of a class: the course as a list of steps, the scenarios, and what a face needs of one step.

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, i18n::Locale, ledger::Figure, ui::stage::Choosable, wire::Technique};

/// Which page of a class it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Where a class is opened.
    Open,
    /// The instructor's desk.
    Desk,
    /// The instructor's phone.
    Remote,
    /// The wall.
    Wall,
    /// What remains.
    Report,
}

/// What a face is told once, with its page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Which page it is.
    pub which: Which,
    /// The page's language.
    pub locale: Locale,
    /// The code of the class; empty where there is none yet.
    pub code: String,
    /// All steps of the course, in its order.
    pub steps: Vec<Line>,
    /// The steps of the class of ninety minutes, as places in `steps`.
    pub plan: Vec<u16>,
    /// What can be broken with one press.
    pub scenarios: Vec<Scenario>,
    /// The questions of the class's quiz.
    pub questions: Vec<Question>,
}

/// A question of the class's quiz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// `lesson/question`.
    pub name: String,
    /// How it is asked.
    pub asked: String,
    /// The name of the right option: for the instructor's pages only.
    pub right: String,
}

/// A step in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// `lesson/step`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its lesson's title, with the number.
    pub lesson: String,
    /// The technique that gives the colour.
    pub technique: Technique,
    /// How long it takes in a class, in minutes.
    pub minutes: u32,
    /// Whether there is a recording of it.
    pub recorded: bool,
}

/// Faults that tell a story together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What happens in it, in a sentence; empty for the whole networks, which are known by their name.
    pub text: String,
    /// The faults, numbered from 1.
    pub faults: Vec<Fault>,
}

/// What a desk or a wall shows of a step. All texts are HTML that the server rendered from the lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `lesson/step`.
    pub name: String,
    /// The title.
    pub title: String,
    /// The technique.
    pub technique: Technique,
    /// What is to be done.
    pub run: String,
    /// What is predicted.
    pub question: String,
    /// The options of the prediction.
    pub options: Vec<Choosable>,
    /// The name of the right one.
    pub right: String,
    /// The figure that the run measures beside the prediction.
    pub measured: Option<Figure>,
    /// Why.
    pub explain: String,
    /// The teacher's part: on a desk only.
    pub teacher: String,
    /// Where the recording is, if there is one.
    pub recording: Option<String>,
    /// Where the step's own page is.
    pub page: String,
}

impl Setup {
    /// The step of this name, with its place.
    pub fn line(&self, name: &str) -> Option<(usize, &Line)> {
        self.steps.iter().enumerate().find(|(_, line)| line.name == name)
    }

    /// The steps before and after one: those of the plan, if it is on it, else those of the course. Before the first one comes nothing,
    /// and after nothing the plan's first.
    pub fn beside(&self, name: &str) -> (Option<&Line>, Option<&Line>) {
        let Some((at, _)) = self.line(name) else {
            return (None, self.plan.first().and_then(|first| self.steps.get(usize::from(*first))));
        };
        match self.plan.iter().position(|planned| usize::from(*planned) == at) {
            Some(nth) => {
                let get = |nth: Option<usize>| self.steps.get(usize::from(*self.plan.get(nth?)?));
                (get(nth.checked_sub(1)), get(Some(nth + 1)))
            }
            None => (at.checked_sub(1).and_then(|before| self.steps.get(before)), self.steps.get(at + 1)),
        }
    }

    /// How a question is asked; its name, if it is none of the class's quiz.
    pub fn asked(&self, name: &str) -> String {
        let found = self.questions.iter().find(|question| question.name == name);
        found.map_or(name, |question| &question.asked).to_owned()
    }

    /// When a step of the plan begins and ends, in minutes since the first one began.
    pub fn planned(&self, name: &str) -> Option<(u32, u32)> {
        let mut begins = 0;
        for place in &self.plan {
            let line = self.steps.get(usize::from(*place))?;
            if line.name == name {
                return Some((begins, begins + line.minutes));
            }
            begins += line.minutes;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        let line = |name: &str| Line {
            name: name.to_owned(),
            title: name.to_uppercase(),
            lesson: "1".to_owned(),
            technique: Technique::Sse,
            minutes: 5,
            recorded: false,
        };
        Setup {
            which: Which::Desk,
            locale: Locale::En,
            code: "ACDEFG".to_owned(),
            steps: ["l/a", "l/b", "m/c", "m/d"].map(line).into(),
            plan: vec![0, 2],
            scenarios: Vec::new(),
            questions: Vec::new(),
        }
    }

    #[test]
    fn the_plan_is_followed_by_those_who_are_on_it() {
        let setup = setup();
        let beside = |name| {
            let (before, after) = setup.beside(name);
            (before.map(|line| line.name.as_str()), after.map(|line| line.name.as_str()))
        };
        assert_eq!(beside(""), (None, Some("l/a")));
        assert_eq!(beside("l/a"), (None, Some("m/c")));
        assert_eq!(beside("m/c"), (Some("l/a"), None));
        assert_eq!(beside("l/b"), (Some("l/a"), Some("m/c")));
        assert_eq!(beside("m/d"), (Some("m/c"), None));
        assert_eq!((setup.planned("m/c"), setup.planned("l/b")), (Some((5, 10)), None));
    }
}
