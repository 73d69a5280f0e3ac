//! The reader's own page as a faulty machine: hidden, frozen, offline, asleep, or with a wrong clock, as the faults of its lab
//! say. The clients' timers and what arrives for them come by here, and nothing else does: the course itself stays awake.
//!
//! *Hidden:* timers fire at whole seconds (browsers do so after a while in the background). *Frozen* and *asleep:* no timer fires, and
//! what arrives waits; both happen when the page is awake again. *Offline:* a request fails at once. A *wrong clock* runs fast or slow, and
//! its timers with it. What happens on the wire meanwhile is the server's half of the same fault.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use gloo_timers::callback::Timeout;

use super::browser;
use crate::{
    fault::{Fault, Kind},
    wire::Micros,
};

/// How many happenings wait for a page that does not run. What comes above is dropped: the oldest waits longest, and counts most.
const WAITING: usize = 1_000;

/// Whole seconds, in microseconds.
const SECOND: Micros = 1_000_000;

type Happening = Box<dyn FnOnce()>;

#[derive(Default)]
struct Body {
    hidden: Cell<bool>,
    still: Cell<bool>,
    offline: Cell<bool>,
    ahead: Cell<Micros>,
    ppm: Cell<i32>,
    /// When the clock was last set, by the page's own.
    set: Cell<Micros>,
    waiting: RefCell<VecDeque<Happening>>,
}

thread_local! {
    static BODY: Body = Body::default();
}

/// Takes over what the lab's faults say of the page.
pub fn suffer(faults: &[Fault]) {
    let is = |kind: &Kind| faults.iter().any(|fault| fault.kind == *kind);
    let drift = faults.iter().find_map(|fault| match fault.kind {
        Kind::ClockDrift { ahead_ms, ppm } => Some((Micros::from(ahead_ms) * 1000, ppm)),
        _ => None,
    });
    let (ahead, ppm) = drift.unwrap_or_default();
    let awake = BODY.with(|body| {
        body.hidden.set(is(&Kind::Hidden));
        body.offline.set(is(&Kind::Offline) || is(&Kind::Asleep));
        if (body.ahead.get(), body.ppm.get()) != (ahead, ppm) {
            body.ahead.set(ahead);
            body.ppm.set(ppm);
            body.set.set(browser::now());
        }
        let still = is(&Kind::Frozen) || is(&Kind::Asleep);
        body.still.replace(still) && !still
    });
    if awake {
        // In the order in which it came; one may lead to another that is put to sleep again.
        while let Some(next) =
            BODY.with(|body| if body.still.get() { None } else { body.waiting.borrow_mut().pop_front() })
        {
            next();
        }
    }
}

/// Now, as the page's own clock has it.
pub fn now() -> Micros {
    let now = browser::now();
    BODY.with(|body| {
        let gained = (now - body.set.get()) * Micros::from(body.ppm.get()) / 1_000_000;
        now + body.ahead.get() + gained
    })
}

/// Whether a request would fail at once.
pub fn is_offline() -> bool {
    BODY.with(|body| body.offline.get())
}

/// Something arrives for the page: now, or when it is awake.
pub fn arrive(happening: impl FnOnce() + 'static) {
    let mut happening = Some(happening);
    BODY.with(|body| {
        let mut waiting = body.waiting.borrow_mut();
        if body.still.get()
            && let Some(happening) = happening.take()
            && waiting.len() < WAITING
        {
            waiting.push_back(Box::new(happening));
        }
    });
    if let Some(happening) = happening {
        happening();
    }
}

/// A timer of a client. Dropping it cancels it.
pub struct Timer(Rc<Bell>);

/// What a timer's callbacks share with it.
#[derive(Default)]
struct Bell {
    silenced: Cell<bool>,
    next: RefCell<Option<Timeout>>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.silenced.set(true);
        self.0.next.borrow_mut().take();
    }
}

/// Calls it once, after so many milliseconds of the page's own clock.
pub fn after(ms: u32, then: impl FnOnce() + 'static) -> Timer {
    let bell = Rc::<Bell>::default();
    arm(&bell, now() + Micros::from(ms) * 1000, Box::new(then));
    Timer(bell)
}

/// Calls it again and again, every so many milliseconds of the page's own clock. What could not be called in time is called
/// once, not as often as it was missed.
pub fn every(ms: u32, then: impl Fn() + 'static) -> Timer {
    let bell = Rc::<Bell>::default();
    again(&bell, now(), Micros::from(ms) * 1000, Rc::new(then));
    Timer(bell)
}

fn again(bell: &Rc<Bell>, last: Micros, period: Micros, then: Rc<dyn Fn()>) {
    // The rate is kept, unless the page has slept.
    let due = last.max(now() - period) + period;
    let here = Rc::clone(bell);
    let call = move || {
        again(&here, due, period, Rc::clone(&then));
        then();
    };
    arm(bell, due, Box::new(call));
}

/// Sets a timer to a time of the page's own clock.
fn arm(bell: &Rc<Bell>, due: Micros, then: Happening) {
    let here = Rc::clone(bell);
    let ring = move || {
        let bell = Rc::clone(&here);
        let call = move || {
            if !bell.silenced.get() {
                then();
            }
        };
        let late = if BODY.with(|body| body.hidden.get()) {
            let rest = SECOND - browser::now().rem_euclid(SECOND);
            Some(Timeout::new(millis(rest), move || arrive(call)))
        } else {
            arrive(call);
            None
        };
        if let Some(late) = late {
            here.set(late);
        }
    };
    let rate = SECOND + Micros::from(BODY.with(|body| body.ppm.get()));
    bell.set(Timeout::new(millis((due - now()) * SECOND / rate), ring));
}

impl Bell {
    /// The next ring. The one before has rung, or is ringing: that needs no cancelling.
    fn set(&self, next: Timeout) {
        if let Some(before) = self.next.replace(Some(next)) {
            before.forget();
        }
    }
}

/// Microseconds as the milliseconds of a timer, which may be a little early.
fn millis(micros: Micros) -> u32 {
    u32::try_from(micros.max(0) / 1000 + 1).unwrap_or(u32::MAX)
}
