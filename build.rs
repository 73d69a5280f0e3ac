//! The program carries the site and the lessons inside: their folders must exist when it is compiled, and a change in
//! them must compile it anew.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // What the browser downloads is cut into parts (scripts/bundle): for that it must be known who refers to what.
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return;
    }
    let root = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets the folder of the package");
    for folder in ["target/site", "lessons"] {
        // A check of the server alone may come before the site was ever built: it then carries an empty one.
        let path = Path::new(&root).join(folder);
        if let Err(why) = fs::create_dir_all(&path) {
            println!("cargo::error=cannot make {}: {why}", path.display());
        }
        println!("cargo::rerun-if-changed={folder}");
    }
}
