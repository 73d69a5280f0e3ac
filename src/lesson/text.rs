//! A lesson's text in one language, in the shape that its manifest asks for.

use super::{
    manifest,
    parse::{Block, Inline, Section},
    problem::Report,
};

/// A lesson's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The lesson's title.
    pub title: Vec<Inline>,
    /// What it is about.
    pub lead: Vec<Block>,
    /// The steps, in the manifest's order.
    pub steps: Vec<StepText>,
    /// What to take away.
    pub recap: Section,
    /// The heading of the questions.
    pub quiz_title: Vec<Inline>,
    /// The questions, in the manifest's order.
    pub quiz: Vec<QuestionText>,
    /// Notes on the whole lesson for the teacher.
    pub teacher: Option<Section>,
}

/// A step's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepText {
    /// Its title.
    pub title: Vec<Inline>,
    /// What to read before the run.
    pub prose: Vec<Block>,
    /// The question before the run.
    pub predict: Asked,
    /// The one thing to do.
    pub run: Section,
    /// The question after the run.
    pub reason: Asked,
    /// Why it is so.
    pub explain: Section,
    /// The hints, from gentle to plain.
    pub hints: Vec<Vec<Block>>,
    /// The teacher's part.
    pub teacher: Teacher,
    /// The box "the notes and the standard".
    pub standard: Option<Section>,
    /// The sentence of the notes that the step is about.
    pub quote: Option<Section>,
}

/// A question with its options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Its heading.
    pub title: Vec<Inline>,
    /// The question.
    pub question: Vec<Block>,
    /// The options, in the manifest's order.
    pub options: Vec<Vec<Block>>,
}

/// What a teacher needs beside a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Teacher {
    /// The figures to expect.
    pub expected: Section,
    /// A model answer.
    pub answer: Section,
    /// The usual wrong answers.
    pub wrong: Section,
    /// A question to discuss.
    pub discuss: Section,
}

/// A retrieval question's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionText {
    /// The question.
    pub question: Vec<Inline>,
    /// The options, in the manifest's order.
    pub options: Vec<Vec<Block>>,
    /// Why the right one is right.
    pub why: Vec<Block>,
}

/// The sections that a step must have, and those that it may have.
const STEP: [&str; 6] = ["predict", "run", "reason", "explain", "hints", "teacher"];
const STEP_OPTIONAL: [&str; 2] = ["standard", "quote"];
const TEACHER: [&str; 4] = ["expected", "answer", "wrong", "discuss"];

/// Brings a parsed text into shape; what is missing, left over or in the wrong order is reported.
pub fn shape(file: &str, lesson: &manifest::Lesson, root: Section, report: &mut Report) -> Text {
    let mut shaper = Shaper { file, report };
    let mut names: Vec<&str> = lesson.step.iter().map(|step| step.id.as_str()).collect();
    names.extend(["recap", "quiz"]);
    shaper.order(&root, &names, &["teacher"]);
    if root.blocks.is_empty() {
        shaper.error(root.line, "the lesson's title needs a lead paragraph");
    }

    let steps = lesson
        .step
        .iter()
        .map(|step| {
            let found = root.find(&step.id).cloned().unwrap_or_default();
            shaper.step(step, found)
        })
        .collect();

    let recap = root.find("recap").cloned().unwrap_or_default();
    if !recap.id.is_empty() && !recap.blocks.iter().any(|block| matches!(block, Block::List { .. })) {
        shaper.error(recap.line, "the recap needs a list");
    }
    let quiz_section = root.find("quiz").cloned().unwrap_or_default();
    let names: Vec<&str> = lesson.quiz.iter().map(|question| question.id.as_str()).collect();
    shaper.order(&quiz_section, &names, &[]);
    let quiz = lesson
        .quiz
        .iter()
        .map(|question| {
            let found = quiz_section.find(&question.id).cloned().unwrap_or_default();
            shaper.question(question, found)
        })
        .collect();
    let teacher = root.find("teacher").cloned();
    Text { title: root.title, lead: root.blocks, steps, recap, quiz_title: quiz_section.title, quiz, teacher }
}

struct Shaper<'a> {
    file: &'a str,
    report: &'a mut Report,
}

impl Shaper<'_> {
    fn error(&mut self, line: usize, what: impl Into<String>) {
        // A section that is missing altogether has no line.
        self.report.error(self.file, (line > 0).then_some(line), what);
    }

    /// Checks that the wanted sections are there in this order, and no others but the optional ones.
    fn order(&mut self, section: &Section, wanted: &[&str], optional: &[&str]) {
        let inside = if section.id.is_empty() { String::new() } else { format!(" under #{}", section.id) };
        for name in wanted {
            if section.find(name).is_none() {
                self.error(section.line, format!("section #{name} is missing{inside}"));
            }
        }
        for below in &section.sections {
            let known = wanted.contains(&below.id.as_str()) || optional.contains(&below.id.as_str());
            if !known {
                self.error(below.line, format!("section #{} is not one that belongs{inside}", below.id));
            }
        }
        let places: Vec<usize> =
            section.sections.iter().filter_map(|below| wanted.iter().position(|name| *name == below.id)).collect();
        if !places.is_sorted() {
            self.error(section.line, format!("the sections{inside} are not in the manifest's order"));
        }
    }

    fn step(&mut self, step: &manifest::Step, found: Section) -> StepText {
        let section = |name: &str| found.find(name).cloned();
        let [predict, run, reason, explain, hints, teacher] = STEP.map(|name| section(name).unwrap_or_default());
        let [standard, quote] = STEP_OPTIONAL.map(section);
        // A step without a section was reported above, once; its own parts need not be.
        if !found.id.is_empty() {
            self.sections(&found);
            if found.blocks.is_empty() {
                self.error(found.line, format!("step #{} has no prose", step.id));
            }
            for section in [&run, &explain] {
                if section.line > 0 && section.blocks.is_empty() {
                    self.error(section.line, format!("section #{} of step #{} is empty", section.id, step.id));
                }
            }
        }
        let hints = self.hints(step, &hints);
        StepText {
            predict: self.asked(&predict, step.predict.options.len()),
            reason: self.asked(&reason, step.reason.options.len()),
            title: found.title,
            prose: found.blocks,
            run,
            explain,
            hints,
            teacher: self.teacher(&teacher),
            standard,
            quote,
        }
    }

    fn sections(&mut self, found: &Section) {
        self.order(found, &[], &[&STEP[..], &STEP_OPTIONAL[..]].concat());
        for name in STEP {
            if found.find(name).is_none() {
                self.error(found.line, format!("section #{name} is missing under #{}", found.id));
            }
        }
    }

    fn asked(&mut self, section: &Section, count: usize) -> Asked {
        let (question, options) = self.options(section, count);
        Asked { title: section.title.clone(), question, options }
    }

    /// Splits a section into what stands before its list and the items; the list must have one item an option.
    fn options(&mut self, section: &Section, count: usize) -> (Vec<Block>, Vec<Vec<Block>>) {
        let mut before = section.blocks.clone();
        let list = before.iter().position(|block| matches!(block, Block::List { ordered: true, .. }));
        let options = match list.map(|at| before.remove(at)) {
            Some(Block::List { items, .. }) => items,
            _ => Vec::new(),
        };
        if section.line > 0 && options.len() != count {
            let found = options.len();
            let what = format!("#{} has {found} options in its ordered list, the manifest {count}", section.id);
            self.error(section.line, what);
        }
        (before, options)
    }

    fn hints(&mut self, step: &manifest::Step, section: &Section) -> Vec<Vec<Block>> {
        let hints = match section.blocks.first() {
            Some(Block::List { ordered: true, items }) => items.clone(),
            _ => Vec::new(),
        };
        let wanted = step.hints as usize;
        if section.line > 0 && hints.len() != wanted {
            let what = format!("step #{} has {} hints here, {wanted} in the manifest", step.id, hints.len());
            self.error(section.line, what);
        }
        hints
    }

    fn teacher(&mut self, section: &Section) -> Teacher {
        if section.line > 0 {
            self.order(section, &TEACHER, &[]);
        }
        let [expected, answer, wrong, discuss] = TEACHER.map(|name| section.find(name).cloned().unwrap_or_default());
        Teacher { expected, answer, wrong, discuss }
    }

    fn question(&mut self, question: &manifest::Question, section: Section) -> QuestionText {
        let (why, options) = self.options(&section, question.options.len());
        if section.line > 0 && why.is_empty() {
            self.error(section.line, format!("question #{} needs a paragraph that explains", question.id));
        }
        QuestionText { question: section.title, options, why }
    }
}

/// The ids of a text's sections, from the outside in: the same in every language.
pub fn outline(root: &Section) -> Vec<String> {
    fn walk(section: &Section, path: &str, out: &mut Vec<String>) {
        for below in &section.sections {
            let path = format!("{path}#{}", below.id);
            out.push(path.clone());
            walk(below, &path, out);
        }
    }
    let mut out = Vec::new();
    walk(root, "", &mut out);
    out
}
