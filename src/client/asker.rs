//! The techniques that ask: short polling with `setInterval` and `fetch`, as the notes say, long polling with `fetch`
//! after `fetch`, and a visit to a page, whose resources are fetched at once. What to do is decided by a state machine, [`Asks`]; this does it, and writes down what it saw.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, RequestCache};

use super::{
    body::{self, Timer},
    browser::{self, Asked},
    poll::{Action, Answer, Asking, Asks, asker},
    session::Session,
};
use crate::wire::{ClientNo, Ending, ExchangeNo, Fact, observation::ClientSettings};

/// A running client. Dropping it stops it: the timer ends, and what is under way is given up.
pub struct Asker(Rc<Running>);

struct Running {
    session: Rc<Session>,
    client: ClientNo,
    asks: RefCell<Box<dyn Asks>>,
    timer: RefCell<Option<Timer>>,
    later: RefCell<Option<Timer>>,
    under_way: RefCell<BTreeMap<ExchangeNo, AbortController>>,
    show: Box<dyn Fn(&Answer)>,
    finished: Box<dyn Fn()>,
    stopped: Cell<bool>,
}

impl Asker {
    /// Starts a client: the first request goes out at once, the next by its technique's rule. `known` is the
    /// last update that the page has. `show` gets each answer that the client's rule lets through to the board; `finished` is called when there is nothing more to ask.
    pub fn start(
        session: Rc<Session>,
        client: ClientNo,
        settings: ClientSettings,
        known: u64,
        show: impl Fn(&Answer) + 'static,
        finished: impl Fn() + 'static,
    ) -> Self {
        let (asks, interval) = asker(&settings, known);
        session.observe(Some(client), None, Fact::Started { settings });
        let running = Rc::new(Running {
            session,
            client,
            asks: RefCell::new(asks),
            timer: RefCell::default(),
            later: RefCell::default(),
            under_way: RefCell::default(),
            show: Box::new(show),
            finished: Box::new(finished),
            stopped: Cell::default(),
        });
        let weak = Rc::downgrade(&running);
        *running.timer.borrow_mut() = interval.map(|interval| {
            body::every(interval, move || {
                if let Some(running) = weak.upgrade() {
                    running.tick();
                }
            })
        });
        running.tick();
        Self(running)
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Running {
    fn observe(&self, exchange: Option<ExchangeNo>, fact: Fact) {
        self.session.observe(Some(self.client), exchange, fact);
    }

    fn tick(self: &Rc<Self>) {
        let actions = self.asks.borrow_mut().tick();
        self.carry_out(actions, None, &Answer::default());
    }

    /// Does what the machine says; `from` is the exchange that caused it.
    fn carry_out(self: &Rc<Self>, actions: Vec<Action>, from: Option<ExchangeNo>, answer: &Answer) {
        for action in actions {
            match action {
                Action::Ask { n, what } => self.ask(n, what),
                Action::Abort(n) => {
                    if let Some(controller) = self.under_way.borrow_mut().remove(&n) {
                        controller.abort();
                    }
                }
                Action::Skip => self.observe(None, Fact::Skipped),
                Action::Show(version) => {
                    (self.show)(answer);
                    self.observe(from, Fact::Shown { version });
                }
                Action::Ignore(version) => self.observe(from, Fact::Ignored { version }),
                Action::Later { ms } => {
                    let weak = Rc::downgrade(self);
                    let timer = body::after(ms, move || {
                        if let Some(running) = weak.upgrade() {
                            running.tick();
                        }
                    });
                    self.later.borrow_mut().replace(timer);
                }
                Action::Finish => {
                    self.stop();
                    (self.finished)();
                }
            }
        }
    }

    fn ask(self: &Rc<Self>, n: ExchangeNo, what: Asking) {
        let Ok(controller) = AbortController::new() else { return };
        let signal = controller.signal();
        self.under_way.borrow_mut().insert(n, controller);
        let (method, target, cache) = request(self.client, n, what);
        let path = format!("{}{target}", self.session.base());
        let shown = browser::path(&path);
        self.observe(Some(n), Fact::Asked { method: method.to_owned(), target: shown });
        let accept = match what {
            Asking::BoardIfChanged => format!("application/json;c={};n={n}", self.client),
            Asking::Page { .. } => "*/*".to_owned(),
            _ => "application/json".to_owned(),
        };
        let running = Rc::clone(self);
        spawn_local(async move {
            let asked = Asked {
                method,
                url: &path,
                cache,
                accept: Some(&accept),
                json: None,
                bytes: None,
                bearer: None,
                signal: Some(&signal),
            };
            // Who has no network knows at once.
            let outcome = if body::is_offline() { Err(Ending::Failed) } else { browser::fetch(asked).await };
            body::arrive(move || {
                running.under_way.borrow_mut().remove(&n);
                match outcome {
                    Ok((status, body)) => running.answered(n, status, &body),
                    Err(how) => running.ended(n, how),
                }
            });
        });
    }

    fn answered(self: &Rc<Self>, n: ExchangeNo, status: u16, body: &str) {
        let answer = Answer::read(body);
        let (news, actions) = self.asks.borrow_mut().answered(n, status, &answer);
        let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.observe(Some(n), Fact::Answered { status, bytes, news });
        if !self.stopped.get() {
            self.carry_out(actions, Some(n), &answer);
        }
    }

    fn ended(self: &Rc<Self>, n: ExchangeNo, how: Ending) {
        let actions = self.asks.borrow_mut().ended(n, how);
        self.observe(Some(n), Fact::Ended { how });
        if !self.stopped.get() {
            self.carry_out(actions, Some(n), &Answer::default());
        }
    }

    fn stop(&self) {
        if self.stopped.replace(true) {
            return;
        }
        // A finished client is stopped from inside its own timer's callback: cancelling is safe there, dropping is too.
        self.timer.borrow_mut().take();
        self.later.borrow_mut().take();
        let under_way = std::mem::take(&mut *self.under_way.borrow_mut());
        under_way.into_values().for_each(|controller| controller.abort());
        self.observe(None, Fact::Stopped);
    }
}

/// Method, path below the lab's, and what the browser's cache may do.
fn request(client: ClientNo, n: ExchangeNo, what: Asking) -> (&'static str, String, RequestCache) {
    // The URL stays the same, or the browser could not revalidate what it has: the numbers travel in `Accept`.
    if what == Asking::BoardIfChanged {
        return ("GET", "/board/cached".to_owned(), RequestCache::NoCache);
    }
    let (method, target) = what.request();
    (method, format!("{target}c={client}&n={n}"), RequestCache::NoStore)
}
