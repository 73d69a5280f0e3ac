//! Builds what the browser downloads into `target/site`: WASM, the JavaScript that loads it, and the styles.
//!
//! The program is compiled as a whole and cut into parts afterwards ([`parts`]): the first is what every page loads, the
//! others come when they are needed. What is in them for nothing is taken out ([`prune`]).
//!
//! All files are named by one hash of their content, so that a browser may keep them for ever, and each has a
//! brotli-compressed copy beside it. `target/site/hash.txt` says which hash is in force. When nothing changed, nothing
//! is written: the server embeds this folder, and need not be built again.

mod parts;
mod prune;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const NAME: &str = "lifeline";

/// The second module: it reads recordings, and is loaded by their page only.
const READER: &str = "reader";

/// The standard library is compiled along with the program, for size, and without the words of panics: a panic is a trap
/// in the browser's console then (`make dev` has the words). It makes the download a tenth smaller. Cargo calls these
/// flags unstable; the sources of the standard library come with the compiler (see `scripts/setup`).
const SMALL_STD: &[&str] = &["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/// What `.cargo/config.toml` says, which these flags would hide, and how to leave the words out.
const SMALL_FLAGS: [&str; 5] = [
    "--cfg=erase_components",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    // `--quick` compiles for the edit-and-reload cycle: larger, sooner.
    let quick = env::args().any(|arg| arg == "--quick");
    match bundle(quick) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundle: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bundle(quick: bool) -> Outcome<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let built = compile(&root, quick)?;

    let scratch = root.join("target/bindgen");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch)?;
    let mut files = Vec::new();

    let whole = fs::read(built.join(format!("{NAME}.wasm")))?;
    let unused = prune::unused(&whole)?;
    let parts = parts::cut(&whole, &scratch)?;
    let (wasm, script) = bind(NAME, prune::prune(&parts.first, &unused)?, &scratch.join(NAME), quick)?;
    let script = String::from_utf8(script)?;
    files.push(("_bg.wasm".to_owned(), wasm));
    for (part, wasm) in &parts.others {
        files.push((format!(".{part}.wasm"), bare(prune::prune(wasm, &unused)?, quick)?));
    }

    let reader = fs::read(built.join(format!("{READER}.wasm")))?;
    let unused = prune::unused(&reader)?;
    let (wasm, reader) = bind(READER, prune::prune(&reader, &unused)?, &scratch.join(READER), quick)?;
    files.extend([(".reader_bg.wasm".to_owned(), wasm), (".reader.js".to_owned(), reader)]);
    files.push((".css".to_owned(), styles(&root.join("style/main.css"))?.into_bytes()));
    files.push((".class.css".to_owned(), styles(&root.join("style/class.css"))?.into_bytes()));
    files.push((".recording.js".to_owned(), fs::read(root.join("src/ui/recording.js"))?));

    let mut digest = Sha256::new();
    // The script names the parts by the hash, so it goes in with names that do not have it yet.
    digest.update(parts.join(&script, str::to_owned)?);
    for (_, part) in &files {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let hash: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    files.push((".js".to_owned(), parts.join(&script, |part| format!("{NAME}.{hash}.{part}.wasm"))?.into_bytes()));

    let site = root.join("target/site");
    if fs::read_to_string(site.join("hash.txt")).is_ok_and(|in_force| in_force == hash) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(site.join("pkg"));
    fs::create_dir_all(site.join("pkg"))?;
    for (end, content) in &files {
        let path = site.join(format!("pkg/{NAME}.{hash}{end}"));
        let packed = compress(content, quick)?;
        eprintln!("  {NAME}{end}: {} kB, {} kB compressed", content.len() / 1000, packed.len() / 1000);
        fs::write(&path, content)?;
        fs::write(format!("{}.br", path.display()), packed)?;
    }
    fs::write(site.join("hash.txt"), hash)?;
    Ok(())
}

/// Makes the JavaScript that loads a module; what is left of the module, and the script.
fn bind(name: &str, wasm: Vec<u8>, scratch: &Path, quick: bool) -> Outcome<(Vec<u8>, Vec<u8>)> {
    Bindgen::new()
        .input_bytes(name, wasm)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // The table of functions, which the parts share, is the linker's.
        .keep_lld_exports(name == NAME)
        .remove_name_section(!quick)
        .remove_producers_section(true)
        .out_name(name)
        .generate(scratch)?;
    if scratch.join("snippets").exists() {
        return Err("a dependency brings JavaScript files of its own, which the bundle has no place for".into());
    }
    Ok((fs::read(scratch.join(format!("{name}_bg.wasm")))?, fs::read(scratch.join(format!("{name}.js")))?))
}

/// A part without the names of its functions, unless somebody wants to read them.
fn bare(wasm: Vec<u8>, quick: bool) -> Outcome<Vec<u8>> {
    if quick {
        return Ok(wasm);
    }
    let mut module =
        walrus::ModuleConfig::new().generate_name_section(false).generate_producers_section(false).parse(&wasm)?;
    Ok(module.emit_wasm())
}

/// Compiles the library and the reader of recordings for the browser, and says in which folder the modules are.
fn compile(root: &Path, quick: bool) -> Outcome<PathBuf> {
    let profile = if quick { "dev" } else { "wasm-release" };
    let status = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--lib",
            "--bin",
            READER,
            "--features",
            "hydrate",
            "--target",
            TARGET,
            "--profile",
            profile,
        ])
        .args(if quick { &[][..] } else { SMALL_STD })
        .envs(if quick { None } else { Some(("RUSTC_BOOTSTRAP", "1")) })
        .envs(if quick { None } else { Some(("CARGO_ENCODED_RUSTFLAGS", SMALL_FLAGS.join("\x1f"))) })
        .status()?;
    if !status.success() {
        return Err("the browser's part does not compile".into());
    }
    let folder = if quick { "debug" } else { profile };
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(TARGET).join(folder))
}

/// The main sheet with its imports in their places. `@import "x.css";` stands alone on its line.
fn styles(main: &Path) -> Outcome<String> {
    let folder = main.parent().unwrap_or(Path::new("."));
    let mut all = String::new();
    for line in fs::read_to_string(main)?.lines() {
        match line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";")) {
            Some(file) => {
                let path = folder.join(file);
                let sheet = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                all.push_str(&without_comments(&sheet));
            }
            None => all.push_str(line),
        }
        all.push('\n');
    }
    Ok(without_comments(&all))
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start + 2..].find("*/").map_or("", |end| &rest[start + 2 + end + 2..]);
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}

fn compress(content: &[u8], quick: bool) -> Outcome<Vec<u8>> {
    let params =
        brotli::enc::BrotliEncoderParams { quality: if quick { 5 } else { 11 }, lgwin: 22, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &params)?;
    Ok(packed)
}
