//! The linter: a small good course has no problems, and each slip of an author's hand is reported where it is.

use std::{fs, path::PathBuf};

use lifeline::{
    ledger::Ledger,
    lesson::{
        files::Files,
        load::{Library, Shelf},
        problem::{Report, Severity},
    },
    recording::write::{Saved, write},
    wire::control::{LabSpec, LabState},
};

const COURSE: &str = r#"
lessons = ["02-polling"]
planned = [{ number = 3, title = "course.later", technique = "long_poll" }]

[[path]]
id = "tour"
minutes = 3
steps = ["polling/one"]
"#;

/// The words for the path.
const WORDS: &str = "path_tour = \"Tour\"\npath_tour_text = \"Short\"\n";

const MANIFEST: &str = r#"
id = "polling"
number = 2
technique = "short_poll"

[[step]]
id = "one"
minutes = 3
core = true
notes = ["N3"]
misconceptions = ["it is pushed"]
claims = ["polling/one"]
controls = ["interval"]
figures = ["answers"]
goal = [{ figure = "answers", at_least = 3, interval_to_ms = 500 }]
hints = 1
code = ["poll.js"]
client = { technique = "short_poll" }
predict = { options = ["a", "b"], right = "a", measured = "empty_share" }
reason = { options = ["c", "d"], right = "d" }

[[step]]
id = "two"
minutes = 3
core = false
needs = ["polling/one"]
misconceptions = ["in order"]
claims = ["polling/two"]
figures = ["turned_back"]
goal = [{ figure = "turned_back", at_least = 1 }]
hints = 2
client = { technique = "short_poll", ask = "board" }
predict = { options = ["a", "b"], right = "a" }
reason = { options = ["c", "d"], right = "d" }

[[quiz]]
id = "q1"
from = "polling/one"
options = ["x", "y"]
right = "x"
"#;

const TEXT: &str = "# Polling {#lesson}

What it is about.

## One {#one}

Ask with [the interval](lab:interval), a [term](term:head), see [two](step:polling/two) and [N3](note:N3).

### Predict {#predict}

Which?

1. This
2. That

### Run {#run}

Let it [run](lab:run).

### Reason {#reason}

Why?

1. So
2. Such

### Explain {#explain}

Because.

### Hints {#hints}

1. Look.

### Teacher {#teacher}

#### Expected {#expected}
#### Answer {#answer}
#### Wrong {#wrong}
#### Discuss {#discuss}

## Two {#two}

More.

### Predict {#predict}

1. This
2. That

### Run {#run}

Run.

### Reason {#reason}

1. So
2. Such

### Explain {#explain}

Because.

### Hints {#hints}

1. Look.
2. Look there.

### Teacher {#teacher}

#### Expected {#expected}
#### Answer {#answer}
#### Wrong {#wrong}
#### Discuss {#discuss}

## Recap {#recap}

- Ask.

## Questions {#quiz}

### What? {#q1}

1. X
2. Y

Because of X.
";

const GLOSSARY: &str = r#"
[[term]]
id = "head"
en = { name = "head", text = "What comes first." }
zh = { name = "头部", text = "最先到的部分。" }
"#;

const NOTES: &str = r#"
[[line]]
id = "N1"
zh = "浏览器问。"
en = "The browser asks."

[[line]]
id = "N2"
zh = "服务器说。"
en = "The server tells."

[[line]]
id = "N3"
zh = "一问一答。"
en = "One asks, one answers."
"#;

/// A small course without any problem but the lines of the notes that it leaves untaught.
fn good() -> Files {
    Files::from_pairs(
        [
            ("course.toml", COURSE),
            ("glossary.toml", GLOSSARY),
            ("notes.toml", NOTES),
            ("02-polling/lesson.toml", MANIFEST),
            ("02-polling/en.md", TEXT),
            ("02-polling/zh.md", TEXT),
            ("02-polling/code/poll.js", "ask();\n"),
            ("errata/en.md", "# Slips {#errata}\n\n## A {#a}\n\nB.\n"),
            ("errata/zh.md", "# 笔误 {#errata}\n\n## 甲 {#a}\n\n乙。\n"),
            ("locale/en/course.toml", "later = \"Later\"\npath_tour = \"Tour\"\npath_tour_text = \"Short\"\n"),
            ("locale/zh/course.toml", "later = \"以后\"\npath_tour = \"导览\"\npath_tour_text = \"短\"\n"),
        ]
        .map(|(path, text)| (path, text.to_owned())),
    )
}

fn report(files: &Files) -> Report {
    Library::load(files).1
}

/// The good course with one text replaced by another in one of its files.
fn slipped(path: &str, from: &str, to: &str) -> Files {
    let mut files = good();
    let text = String::from_utf8(files.get(path).expect("the file is there").to_vec()).expect("UTF-8");
    assert!(text.contains(from), "{path} does not contain {from:?}");
    files.set(path, text.replacen(from, to, 1).into_bytes());
    files
}

#[test]
fn a_good_course_is_good_and_says_what_is_untaught() {
    let (library, report) = Library::load(&good());
    let expected = "notice: course.toml: core steps without a recording: polling/one\n\
                    notice: notes.toml: lines of the notes still untaught: N1 N2\n";
    assert_eq!(report.to_string(), expected);
    let library = library.expect("it is good");
    assert_eq!(library.lesson("polling").map(|lesson| lesson.manifest.step.len()), Some(2));
}

#[test]
fn a_recording_is_that_of_its_step() {
    const FILE: &str = "02-polling/recordings/one.jsonl";
    let saved = |step: &str| {
        let saved = Saved {
            lab: LabSpec::default(),
            state: LabState::default(),
            ledger: Ledger::default(),
            before: 0,
            records: Vec::new(),
        };
        write(&saved, Some(step.to_owned()), std::time::SystemTime::UNIX_EPOCH).expect("it can be written")
    };
    let with = |text: String| {
        let mut files = good();
        files.set(FILE, text.into_bytes());
        Library::load(&files)
    };
    let (library, report) = with(saved("polling/one"));
    assert!(!report.to_string().contains("recording"), "{report}");
    assert!(library.is_some_and(|library| library.lessons[0].recordings.contains_key("one")));
    for (text, expected) in [
        (saved("polling/two"), "one.jsonl:1: this is not a recording of polling/one"),
        (
            saved("polling/one").replace("\"lab\":{", "\"lab\":{\"sauce\":1,"),
            "one.jsonl:1: this is no recording: unknown",
        ),
        ("{}".to_owned(), "one.jsonl: this is no recording: NotOurs"),
    ] {
        let (library, report) = with(text);
        assert!(library.is_none() && report.to_string().contains(expected), "{report}");
    }
    let mut files = good();
    files.set("02-polling/recordings/three.jsonl", Vec::new());
    assert!(self::report(&files).to_string().contains("three.jsonl: the file is not listed in its lesson.toml"));
}

#[test]
fn each_slip_is_reported_with_its_file() {
    const TOML: &str = "02-polling/lesson.toml";
    const EN: &str = "02-polling/en.md";
    let slips = [
        // Manifests.
        ("course.toml", "planned =", "plan =", "course.toml:3: unknown field `plan`"),
        ("course.toml", "\"polling/one\"", "\"polling/zero\"", "the path tour: there is no step polling/zero"),
        ("course.toml", "\"polling/one\"", "\"polling/two\"", "the path tour: polling/two is optional"),
        ("course.toml", "\"polling/one\"", "\"polling/two\"", "needs polling/one, which does not come before it"),
        ("course.toml", "[\"polling/one\"]", "[\"polling/one\", \"polling/one\"]", "polling/one comes twice"),
        ("course.toml", "minutes = 3", "minutes = 2", "it takes 3 of its 2 minutes"),
        ("course.toml", "minutes = 3", "minutes = 9", "it takes 3 of its 9 minutes"),
        ("course.toml", "id = \"tour\"", "id = \"class\"", "the words for course.path_class are missing"),
        (TOML, "minutes = 3", "minutes = 3\ncolour = 1", "lesson.toml:9: unknown field `colour`"),
        (TOML, "hints = 1", "hints = \"one\"", "lesson.toml:16: invalid type"),
        (TOML, "id = \"two\"", "id = \"one\"", "the id one is taken"),
        (TOML, "id = \"two\"", "id = \"quiz\"", "the id quiz is taken"),
        (TOML, "id = \"two\"", "id = \"Two\"", "small letters"),
        (TOML, "right = \"a\"", "right = \"z\"", "\"z\" is not among the options"),
        (TOML, "[\"a\", \"b\"]", "[\"a\", \"a\"]", "listed twice"),
        (TOML, "[\"a\", \"b\"]", "[\"a\", \"not-sure\"]", "offered by the page"),
        (TOML, "notes = [\"N3\"]", "notes = [\"N99\"]", "the notes have no line N99"),
        (TOML, "needs = [\"polling/one\"]", "needs = [\"polling/zero\"]", "needs polling/zero"),
        (TOML, "needs = [\"polling/one\"]", "needs = [\"polling/two\"]", "needs itself"),
        (TOML, "core = true", "core = true\nneeds = [\"polling/two\"]", "needs itself"),
        (TOML, "from = \"polling/one\"", "from = \"polling/zero\"", "goes back to polling/zero"),
        (TOML, "[\"x\", \"y\"]", "[\"x\"]", "at least two options"),
        (
            TOML,
            "figure = \"answers\", at_least = 3",
            "figure = \"turned_back\", at_least = 3",
            "TurnedBack cannot come",
        ),
        (
            TOML,
            "figure = \"answers\", at_least = 3",
            "figure = \"job_results\", at_least = 3",
            "JobResults cannot come",
        ),
        (TOML, "figure = \"answers\", at_least = 3", "figure = \"answers\"", "neither at_least nor at_most"),
        (TOML, "at_least = 3", "at_least = 3, at_most = 2", "at least 3 and at most 2"),
        (TOML, "at_least = 3", "at_least = 3, cure = \"abort\"", "a cure that the step does not offer"),
        (TOML, "at_least = 3", "at_least = 3, ask = \"job\"", "a request that the step does not offer"),
        (TOML, "controls = [\"interval\"]", "controls = []", "an interval that the step does not offer"),
        (TOML, "measured = \"empty_share\"", "measured = \"aborted\"", "Aborted cannot come"),
        (TOML, "figures = [\"answers\"]", "figures = [\"skipped\"]", "Skipped cannot come"),
        (TOML, "figures = [\"answers\"]", "figures = []", "one to three figures"),
        (TOML, "goal = [{ figure = \"turned_back\", at_least = 1 }]", "goal = []", "asks for nothing"),
        (TOML, "claims = [\"polling/one\"]", "claims = []", "at least one claim"),
        (TOML, "ask = \"board\" }", "ask = \"board\", interval_ms = 50 }", "interval_ms is from 100 to 60000, not 50"),
        (TOML, "ask = \"board\" }", "ask = \"board\", hold_ms = 60000 }", "hold_ms is from 100 to 55000"),
        (TOML, "misconceptions = [\"in order\"]", "misconceptions = []", "at least one misconception"),
        (TOML, "minutes = 3", "minutes = 0", "at least a minute"),
        (TOML, "\"poll.js\"", "\"pull.js\"", "02-polling/code/pull.js: the file is missing"),
        (TOML, "code = [\"poll.js\"]", "", "02-polling/code/poll.js: the file is not listed"),
        (TOML, "number = 2", "number = 3", "written and planned at once"),
        // Texts.
        (EN, "## Two {#two}", "## Two {#three}", "section #two is missing"),
        (EN, "### Run {#run}", "### Run {#ran}", "section #run is missing under #one"),
        (EN, "### Run {#run}", "### Run {#ran}", "section #ran is not one that belongs under #one"),
        (EN, "### Hints {#hints}", "### Hints {#hint}", "section #hints is missing"),
        (EN, "1. Look.\n", "1. Look.\n2. Look again.\n", "2 hints here, 1 in the manifest"),
        (EN, "1. This\n2. That\n", "1. This\n2. That\n3. Both\n", "3 options in its ordered list, the manifest 2"),
        (EN, "#### Wrong {#wrong}\n", "", "section #wrong is missing under #teacher"),
        (EN, "1. X\n2. Y\n", "1. X\n", "#q1 has 1 options"),
        (EN, "Because of X.", "", "needs a paragraph that explains"),
        (EN, "- Ask.", "Ask.", "the recap needs a list"),
        (EN, "What it is about.", "", "needs a lead paragraph"),
        (EN, "lab:interval", "lab:cure", "en.md:7: step one shows no control cure"),
        (EN, "What it is about.", "[x](lab:run)", "en.md:3: there is no lab beside this text"),
        (EN, "term:head", "term:tail", "en.md:7: the glossary has no term tail"),
        (EN, "step:polling/two", "step:polling/three", "en.md:7: there is no step polling/three"),
        (EN, "note:N3", "note:N4", "en.md:7: the notes have no line N4"),
        (EN, "Because.", "<b>Because.</b>", "en.md:29: raw HTML"),
        (
            "02-polling/zh.md",
            "### Explain {#explain}",
            "### Standard {#standard}\n\nX.\n\n### Explain {#explain}",
            "zh.md: section #one#standard is here and not in en.md",
        ),
        // What belongs to the whole course.
        ("glossary.toml", "id = \"head\"", "id = \"heads\"", "should have the id of its English name"),
        ("notes.toml", "id = \"N2\"", "id = \"N3\"", "notes.toml: the line N2 is missing: N3 is in its place"),
        ("notes.toml", "id = \"N2\"", "id = \"N1\"", "notes.toml: the line N1 is there twice"),
        ("notes.toml", "id = \"N3\"", "id = \"N4\"", "notes.toml: the line N3 is missing"),
        ("notes.toml", "id = \"N1\"", "id = \"N0\"", "notes.toml: the line N1 is missing"),
        ("notes.toml", "\"服务器说。\"", "\"\"", "notes.toml: the line N2 has no zh words"),
        ("notes.toml", "\"The server tells.\"", "\" \"", "notes.toml: the line N2 has no en words"),
        ("notes.toml", "en = \"The server tells.\"\n", "", "notes.toml:7: missing field `en`"),
        ("notes.toml", "en = \"The browser asks.\"", "en = \"x\"\nfr = \"y\"", "notes.toml:6: unknown field `fr`"),
        ("notes.toml", NOTES, "", "notes.toml: the line N1 is missing"),
        ("locale/en/course.toml", "later", "soon", "locale/en/course.toml: the words for course.later are missing"),
        ("locale/en/course.toml", "\"Later\"", "\"{when}\"", "other {names}"),
        ("locale/en/course.toml", "\"Later\"", "\"\"", "are empty"),
        ("locale/en/course.toml", "\"Later\"", "3", "locale/en/course.toml:1: invalid type"),
        ("course.toml", "course.later", "course.never", "no words for course.never"),
        ("errata/zh.md", "{#a}", "{#b}", "errata/zh.md: section #a is there in en.md"),
        ("errata/zh.md", "乙。", "[x](lab:run)", "errata/zh.md:5: there is no lab"),
    ];
    let mut unseen = String::new();
    for (path, from, to, expected) in slips {
        let (library, found) = Library::load(&slipped(path, from, to));
        // A course with an error is not served.
        if !found.to_string().contains(expected) || !found.failed() || library.is_some() {
            unseen.push_str(&format!("{from:?} → {to:?} gave:\n{found}not {expected:?}\n\n"));
        }
    }
    assert!(unseen.is_empty(), "{unseen}");
}

#[test]
fn missing_and_stray_files_are_reported() {
    for path in
        ["course.toml", "glossary.toml", "notes.toml", "02-polling/lesson.toml", "02-polling/zh.md", "errata/en.md"]
    {
        let mut files = good();
        files.remove(path);
        let found = report(&files).to_string();
        assert!(found.contains(&format!("{path}: the file is missing")), "{path}: {found}");
    }
    for (path, expected) in [
        ("03-later/lesson.toml", "the folder is not listed in course.toml"),
        ("02-polling/notes.txt", "not listed in its lesson.toml"),
        ("todo.txt", "nothing uses this file"),
        ("locale/fr/course.toml", "not listed"),
        ("locale/en/readme.md", ".toml files only"),
    ] {
        let mut files = good();
        files.set(path, b"x = 1\n".to_vec());
        let found = report(&files).to_string();
        assert!(found.contains(path) && found.contains(expected), "{path}: {found}");
    }
    let mut files = good();
    files.set("02-polling/en.md", b"# A {#lesson}\n\xff\n".to_vec());
    assert!(report(&files).to_string().contains("02-polling/en.md:2: the file is not UTF-8"));
}

/// The course that the program carries is one that the linter likes, and its notes are whole: that the last of the lines
/// is missing, the linter cannot know.
#[test]
fn the_course_itself_is_good() {
    let (library, report) = Library::load(&Files::embedded());
    let errors: Vec<_> = report.problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{report}");
    assert_eq!(library.expect("it is good").notes.lines.len(), 29);
}

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &Files) -> Self {
        let path = std::env::temp_dir().join(format!("lifeline-{name}-{}", std::process::id()));
        for file in files.paths() {
            let full = path.join(file);
            fs::create_dir_all(full.parent().expect("a file has a folder")).expect("the folder can be made");
            fs::write(full, files.get(file).expect("it is listed")).expect("the file can be written");
        }
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("the file can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_is_read_again_when_it_changes_and_the_last_good_lessons_stay() {
    let folder = Folder::new("reload", &good());
    let shelf = Shelf::folder(&folder.0).expect("the lessons are good");
    let titles = || {
        let library = shelf.library();
        let words = library.words[&lifeline::i18n::Locale::En].get("course.later").map(str::to_owned);
        words.expect("the word is there")
    };
    let first = shelf.library();
    assert!(std::sync::Arc::ptr_eq(&first, &shelf.library()), "nothing changed, nothing is read");
    assert_eq!(titles(), "Later");
    // The lengths differ, so the change is seen whatever the clock of the file system says.
    folder.write("locale/en/course.toml", &format!("later = \"Much later\"\n{WORDS}"));
    assert_eq!(titles(), "Much later");
    folder.write("locale/en/course.toml", "later = \n");
    assert_eq!(titles(), "Much later");
    folder.write("locale/en/course.toml", &format!("later = \"After all\"\n{WORDS}"));
    assert_eq!(titles(), "After all");
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let report = Shelf::folder(std::path::Path::new("/no/such/lessons")).expect_err("there is none");
    assert!(report.to_string().contains("/no/such/lessons: cannot be read"), "{report}");
}
