//! The process of a crowd: what `lifeline crowd` is. One thread is enough for a thousand clients that wait.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Write},
    rc::Rc,
    time::Duration,
};

use tokio::{sync::mpsc, task::LocalSet};

use super::{
    client::Client,
    order::{LONGEST, Order, Published},
    tally::Tally,
};

/// Between two reports.
const EVERY: Duration = Duration::from_millis(250);

/// How many tidings of updates may wait.
const WAITING: usize = 256;

/// Does what standard input orders, until it ends.
///
/// # Errors
/// One sentence, if there is no order or no way to follow it.
pub fn run() -> Result<(), String> {
    let mut lines = BufReader::new(std::io::stdin()).lines();
    let first = lines.next().and_then(Result::ok).filter(|line| line.len() <= LONGEST);
    let order = first.and_then(|line| serde_json::from_str::<Order>(&line).ok());
    let order = order.ok_or("a crowd is called by the server, which says on standard input what to do")?;
    order.crowd.check()?;
    crate::crowd::more_files();
    let (tell, told) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        hear(lines, &tell);
        // The server is gone, or wants this crowd no more; nothing here needs an end in order.
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    LocalSet::new().block_on(&runtime, follow(order, told));
    Ok(())
}

fn hear(lines: impl Iterator<Item = std::io::Result<String>>, tell: &mpsc::Sender<Published>) {
    for line in lines.map_while(Result::ok) {
        if let Ok(published) = serde_json::from_str(&line)
            && tell.blocking_send(published).is_err()
        {
            return;
        }
    }
}

async fn follow(order: Order, mut told: mpsc::Receiver<Published>) {
    let (order, tally) = (Rc::new(order), Rc::new(RefCell::new(Tally::default())));
    for place in 0..order.crowd.size {
        tokio::task::spawn_local(Client::new(order.clone(), tally.clone()).live(place));
    }
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            Some(published) = told.recv() => tally.borrow_mut().publish(published),
            _ = ticks.tick() => {
                let report = serde_json::to_string(&tally.borrow().report()).unwrap_or_default();
                // Nobody listens any more: the server is gone.
                if writeln!(std::io::stdout(), "{report}").is_err() {
                    return;
                }
            }
        }
    }
}
