//! Takes code out of the module that is in it for nothing.
//!
//! A view whose type is erased carries a table of all that can be done with it. One entry, to hydrate the view in the
//! background, is asked for by no page of ours, and no compiler can know that; with all it calls it was a twentieth of
//! the download. And Leptos brings a library of streams for server functions, whose classes are exported to JavaScript
//! whether or not there are any. Were one of these ever called, the page would stop with a trap, and every browser test
//! with it.

use std::path::Path;

use walrus::{FunctionBuilder, FunctionKind, LocalFunction, Module, passes};

use super::Outcome;

/// Parts of the names of the functions that nobody calls.
const UNUSED: [&str; 2] = ["hydrate_async", "wasm_streams"];

/// Part of the names of the functions that wasm-bindgen runs while it makes the JavaScript.
const DESCRIPTION: &str = "describe";

/// Reads a module, empties the unused functions and drops what only they needed.
pub fn prune(path: &Path) -> Outcome<Vec<u8>> {
    let mut module = Module::from_file(path)?;
    let is_unused = |function: &&walrus::Function| {
        let name = function.name.as_deref().unwrap_or_default();
        let unused = UNUSED.iter().any(|part| name.contains(part)) && !name.contains(DESCRIPTION);
        unused && matches!(function.kind, FunctionKind::Local(_))
    };
    let unused: Vec<_> = module.funcs.iter().filter(is_unused).map(walrus::Function::id).collect();
    for id in unused {
        let trap = trap(&mut module, id);
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap);
    }
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// A body that does nothing but stop, for a function of this one's type.
fn trap(module: &mut Module, id: walrus::FunctionId) -> LocalFunction {
    let signature = module.types.get(module.funcs.get(id).ty());
    let (params, results) = (signature.params().to_vec(), signature.results().to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let args = params.iter().map(|param| module.locals.add(*param)).collect();
    builder.local_func(args)
}
