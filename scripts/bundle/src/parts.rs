//! Cuts the program into parts: the one that every page loads, and those that come when they are needed.
//!
//! A function that carries `#[wasm_split(NAME, …)]` begins the part NAME (`src/ui/lab/asleep.rs` says how to write one).
//! Whatever only such functions reach goes into their part; what the first part needs too stays in that. Who reaches whom
//! is read from the linker's own notes (`--emit-relocs`, see `build.rs`), so that tables of functions are cut as well.
//!
//! The parts share one memory and one table of functions. The script of the first part fetches the others.

use std::{fs, path::Path};

use wasm_split_cli_support::{Options, transform};

use super::Outcome;

/// How the first part names the module of the functions that fetch the others.
const LOADER: &str = "./parts.js";

/// A program in parts.
pub struct Parts {
    /// The first part, which loads the others: still to be bound to its script.
    pub first: Vec<u8>,
    /// The others, by their names.
    pub others: Vec<(String, Vec<u8>)>,
    /// The functions that fetch them, as JavaScript.
    loader: String,
}

/// Cuts a linked module, with this folder for what lies between.
pub fn cut(wasm: &[u8], scratch: &Path) -> Outcome<Parts> {
    let first = scratch.join("first.wasm");
    let mut options = Options::new(wasm);
    options.output_dir = scratch;
    options.main_out_path = &first;
    options.link_name = LOADER;
    let made = transform(options)?;
    let mut others = Vec::new();
    for path in &made.split_modules {
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a part without a name")?;
        others.push((name.to_owned(), fs::read(path)?));
    }
    others.sort();
    Ok(Parts { first: fs::read(&first)?, others, loader: fs::read_to_string(scratch.join(LOADER))? })
}

impl Parts {
    /// Puts the loader into the script of the first part: a module of its own would be one more journey to the server
    /// before the page comes alive. Each part is named as `name` says.
    pub fn join(&self, script: &str, name: impl Fn(&str) -> String) -> Outcome<String> {
        if self.others.is_empty() {
            return Ok(script.to_owned());
        }
        let mut names = Vec::new();
        let mut body = String::new();
        for line in self.loader.lines() {
            if line.starts_with("import ") {
                // What it takes from the script, it finds there.
                continue;
            }
            let kept = match line.strip_prefix("export ") {
                // `const __wasm_split_load_NAME = …`
                Some(rest) => {
                    names.extend(rest.split_whitespace().nth(1));
                    rest
                }
                None => line,
            };
            body.push_str(kept);
            body.push('\n');
        }
        for (part, _) in &self.others {
            body = replace_once(&body, &format!("./{part}.wasm"), &format!("./{}", name(part)))?;
        }
        // One import for each part, all of the same module.
        let (mut rest, mut aliases) = (String::new(), Vec::new());
        for line in script.lines() {
            match line.strip_prefix("import * as ").and_then(|import| import.split_once(" from ")) {
                Some((alias, from)) if from.contains(LOADER) => aliases.push(alias),
                Some(_) => return Err(format!("the script asks for more than its loader: {line}").into()),
                None => {
                    rest.push_str(line);
                    rest.push('\n');
                }
            }
        }
        let (first, others) = aliases.split_first().ok_or("the script asks for no loader")?;
        let same: String = others.iter().map(|alias| format!("const {alias} = {first};\n")).collect();
        Ok(format!("{rest}const {first} = (() => {{\n{body}return {{ {} }};\n}})();\n{same}", names.join(", ")))
    }
}

fn replace_once(text: &str, old: &str, new: &str) -> Outcome<String> {
    match text.matches(old).count() {
        1 => Ok(text.replacen(old, new, 1)),
        n => Err(format!("{old} stands {n} times in the loader").into()),
    }
}
