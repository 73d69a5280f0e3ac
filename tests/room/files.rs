//! A server that may open few files, and a crowd that takes them all.

use std::process::Stdio;

use crate::serving::{Client, Serving, first_line};

/// Files that the server may open: its own few, and the rest for connections.
const FILES: usize = 64;

#[test]
fn without_files_it_accepts_later_and_does_not_spin() {
    let mut server = Serving::with_files(FILES, Stdio::piped());
    let mut early = Client::connect(server.lab);
    let mut goes_on = move || assert_eq!(early.ask("GET", "/", "").0, 200);
    goes_on();

    // More than there are files: the kernel connects them, and the server cannot take them.
    let mut crowd: Vec<_> = (0..FILES).map(|_| Client::connect(server.lab)).collect();
    let said = first_line(server.child.stderr.take().unwrap());
    assert!(said.contains("cannot accept connections") && said.contains("Too many open files"), "{said}");
    goes_on();

    // It stays like this until the silent ones have had their ten seconds.
    let before = server.cpu();
    crowd[0].is_closed();
    let spent = server.cpu() - before;
    println!("{spent:.2} s of CPU time without files");
    assert!(spent < 1.0, "{spent} s of CPU time: the accept loop spins");

    // Everybody goes, and whoever comes now is let in.
    crowd.clear();
    assert_eq!(Client::connect(server.lab).ask("GET", "/", "").0, 200);
    goes_on();
}
