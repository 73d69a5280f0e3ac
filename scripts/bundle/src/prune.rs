//! Takes code out of the module that is in it for nothing.
//!
//! A view whose type is erased carries a table of all that can be done with it. One entry, to hydrate the view in the
//! background, is asked for by no page of ours, and no compiler can know that; with all it calls it was a twentieth of
//! the download. And Leptos brings a library of streams for server functions, whose classes are exported to JavaScript
//! whether or not there are any (`IntoUnderlyingSource` and its like).
//!
//! Compilers merge functions that look the same, so a name alone proves little: what anybody else calls by its number
//! stays. Were one of the others ever called through a table, the page would stop with a trap, and every browser test
//! with it.
//!
//! Who calls whom is to be seen in the whole program only, so the functions are found there, and emptied in each part.

use std::collections::HashSet;

use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module, ir, passes};

use super::Outcome;

/// Parts of the names of the functions that nobody calls.
const UNUSED: [&str; 2] = ["hydrate_async", "IntoUnderlying"];

/// Part of the names of the functions that wasm-bindgen runs while it makes the JavaScript.
const DESCRIPTION: &str = "describe";

/// Finds the unused functions of a whole program, by name.
pub fn unused(wasm: &[u8]) -> Outcome<HashSet<String>> {
    let module = Module::from_buffer(wasm)?;
    let unused = uncalled(&module);
    let name = |function: &walrus::Function| function.name.clone().unwrap_or_default();
    // A name that something else has as well says nothing.
    let used: HashSet<String> =
        module.funcs.iter().filter(|function| !unused.contains(&function.id())).map(name).collect();
    let named = unused.into_iter().map(|id| name(module.funcs.get(id)));
    Ok(named.filter(|name| !used.contains(name)).collect())
}

/// Empties the unused functions of the program or of a part, and drops what only they needed.
pub fn prune(wasm: &[u8], unused: &HashSet<String>) -> Outcome<Vec<u8>> {
    let mut module = Module::from_buffer(wasm)?;
    let is_unused = |function: &&walrus::Function| {
        matches!(function.kind, FunctionKind::Local(_))
            && function.name.as_ref().is_some_and(|name| unused.contains(name))
    };
    let found: Vec<FunctionId> = module.funcs.iter().filter(is_unused).map(walrus::Function::id).collect();
    for id in found {
        let trap = trap(&mut module, id);
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap);
    }
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// The functions that are named so and that no other calls.
fn uncalled(module: &Module) -> HashSet<FunctionId> {
    let named_so = |function: &&walrus::Function| {
        let name = function.name.as_deref().unwrap_or_default();
        let unused = UNUSED.iter().any(|part| name.contains(part)) && !name.contains(DESCRIPTION);
        unused && matches!(function.kind, FunctionKind::Local(_))
    };
    let mut unused: HashSet<FunctionId> = module.funcs.iter().filter(named_so).map(walrus::Function::id).collect();
    let mut needed: Vec<FunctionId> =
        module.funcs.iter().map(walrus::Function::id).filter(|id| !unused.contains(id)).collect();
    while let Some(id) = needed.pop() {
        if let FunctionKind::Local(function) = &module.funcs.get(id).kind {
            let mut calls = Calls(Vec::new());
            ir::dfs_in_order(&mut calls, function, function.entry_block());
            needed.extend(calls.0.into_iter().filter(|called| unused.remove(called)));
        }
    }
    unused
}

/// The functions that a body names.
struct Calls(Vec<FunctionId>);

impl ir::Visitor<'_> for Calls {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.push(*function);
    }
}

/// A body that does nothing but stop, for a function of this one's type.
fn trap(module: &mut Module, id: FunctionId) -> LocalFunction {
    let signature = module.types.get(module.funcs.get(id).ty());
    let (params, results) = (signature.params().to_vec(), signature.results().to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let args = params.iter().map(|param| module.locals.add(*param)).collect();
    builder.local_func(args)
}
