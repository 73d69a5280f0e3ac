//! The rules: what comes of a wish or an order in a class as it stands. Pure: events, or why not.

use super::{
    Class, ReaderNo,
    ballot::{BALLOTS, OPTIONS, is_name},
    event::Event,
    name::clean,
    order::{FAULTS, Order, Steering, Wish},
    view::Refusal,
};
use crate::fault::script;

/// The most hands that are counted for one option.
const HANDS: u32 = 10_000;

/// The most techniques of an experiment.
const HALVES: usize = 4;

type Outcome = Result<Vec<Event>, Refusal>;

/// What comes of a reader's wish. What concerns labs and connections only ([`Wish::Lab`], [`Wish::Runs`]) is no event.
///
/// # Errors
/// Why it is not granted.
pub fn of_wish(class: &Class, reader: ReaderNo, wish: &Wish) -> Outcome {
    let known = class.readers.get(&reader).filter(|reader| !reader.removed).ok_or(Refusal::NoReader)?;
    if class.closed && !matches!(wish, Wish::Leave) {
        return Err(Refusal::Closed);
    }
    let none = Ok(Vec::new());
    match wish {
        Wish::At { step, follows } => {
            let step = step_or_none(step)?;
            if known.step == step && known.follows == *follows {
                return none;
            }
            one(Event::At { reader, step, follows: *follows })
        }
        Wish::Lab { .. } | Wish::Runs { .. } => none,
        Wish::Signal { signal } if *signal == known.signal => none,
        Wish::Signal { signal } => one(Event::Signal { reader, signal: *signal }),
        Wish::Reached { step } => {
            let step = named(step)?;
            if known.reached.contains(&step) {
                return none;
            }
            one(Event::Reached { reader, step })
        }
        Wish::Measured { step, value } => {
            let step = named(step)?;
            if !value.is_finite() {
                return Err(nonsense("a figure is a number"));
            }
            if known.measured.get(&step) == Some(value) {
                return none;
            }
            one(Event::Measured { reader, step, value: *value })
        }
        Wish::Vote { ballot, option } => {
            let (ballot, option) = (named(ballot)?, named(option)?);
            check_room(class, &ballot)?;
            let old = class.ballots.get(&ballot);
            if old.is_some_and(|ballot| ballot.votes.contains_key(&reader)) {
                return none;
            }
            let known = old.is_none_or(|ballot| {
                let counts = ballot.counts();
                counts.contains_key(&option) || counts.len() < OPTIONS
            });
            if !known {
                return Err(nonsense("that is too many options for one vote"));
            }
            one(Event::Voted { reader, ballot, option })
        }
        Wish::Name { name } => one(Event::Renamed { reader, name: clean(name) }),
        Wish::Leave => Ok(vec![Event::Renamed { reader, name: None }, Event::Removed { reader }]),
    }
}

/// What comes of an order of the instructor's page with this number. What concerns labs and desks only ([`Order::Publish`], [`Order::Watch`])
/// is no event.
///
/// # Errors
/// Why it is not carried out.
pub fn of_order(class: &Class, page: u64, order: &Order) -> Outcome {
    let free = matches!(order, Order::Drive | Order::Watch { .. });
    // Who orders first drives: nobody has to take a wheel that is nobody's.
    let first = class.driver.is_none();
    if !free && !first && class.driver != Some(page) {
        return Err(Refusal::NotDriving);
    }
    if class.closed && !free {
        return Err(Refusal::Closed);
    }
    let mut events = ordered(class, page, order)?;
    if first && !free && !events.is_empty() {
        events.insert(0, Event::Drove { page });
    }
    Ok(events)
}

fn ordered(class: &Class, page: u64, order: &Order) -> Outcome {
    let reader_is_in = |reader: ReaderNo| match class.readers.get(&reader) {
        Some(known) if !known.removed => Ok(reader),
        _ => Err(Refusal::NoReader),
    };
    match order {
        Order::Drive if class.driver == Some(page) => Ok(Vec::new()),
        Order::Drive => one(Event::Drove { page }),
        Order::Step { step } => one(Event::Step { step: named(step)? }),
        Order::Break { faults } => {
            if faults.len() > FAULTS {
                return Err(nonsense(&format!("a class has at most {FAULTS} faults at once")));
            }
            let list: Vec<_> = faults.iter().map(|broken| broken.fault.clone()).collect();
            script::check(&list).map_err(Refusal::Nonsense)?;
            one(Event::Broke { faults: faults.clone() })
        }
        Order::Publish => Ok(Vec::new()),
        Order::Steer { steering } => one(Event::Steered { steering: *steering }),
        Order::Halves { techniques } if techniques.len() > HALVES || techniques.len() == 1 => {
            Err(nonsense("an experiment compares two to four techniques"))
        }
        Order::Halves { techniques } => one(Event::Halves { techniques: techniques.clone() }),
        Order::Pick { reader } => {
            reader.map(reader_is_in).transpose()?;
            one(Event::Picked { reader: *reader })
        }
        Order::Watch { reader } => reader.map(reader_is_in).transpose().map(|_| Vec::new()),
        Order::Reveal { ballot, reveal } => {
            check_room(class, ballot)?;
            one(Event::Revealed { ballot: named(ballot)?, reveal: *reveal })
        }
        Order::Hands { ballot, counts } => {
            check_room(class, ballot)?;
            if counts.len() > OPTIONS || counts.iter().any(|(option, count)| !is_name(option) || *count > HANDS) {
                return Err(nonsense(&format!("at most {OPTIONS} options with at most {HANDS} hands each")));
            }
            one(Event::Hands { ballot: named(ballot)?, counts: counts.clone() })
        }
        Order::Rename { reader, name } => one(Event::Renamed { reader: reader_is_in(*reader)?, name: clean(name) }),
        Order::Remove { reader } => one(Event::Removed { reader: reader_is_in(*reader)? }),
        Order::Enter { phase } => one(Event::Entered { phase: *phase }),
        Order::Alone { alone } => one(Event::Alone { alone: *alone }),
        Order::Panic => Ok(vec![
            Event::Broke { faults: Vec::new() },
            Event::Halves { techniques: Vec::new() },
            Event::Picked { reader: None },
            Event::Steered { steering: Steering::Reset },
            Event::Steered { steering: Steering::Free },
        ]),
        Order::Close => one(Event::Closed),
    }
}

fn one(event: Event) -> Outcome {
    Ok(vec![event])
}

fn nonsense(why: &str) -> Refusal {
    Refusal::Nonsense(why.to_owned())
}

fn named(text: &str) -> Result<String, Refusal> {
    if is_name(text) { Ok(text.to_owned()) } else { Err(nonsense("a name has small letters, digits, - and /")) }
}

fn step_or_none(text: &str) -> Result<String, Refusal> {
    if text.is_empty() { Ok(String::new()) } else { named(text) }
}

fn check_room(class: &Class, ballot: &str) -> Result<(), Refusal> {
    let full = class.ballots.len() >= BALLOTS && !class.ballots.contains_key(ballot);
    if full { Err(nonsense("the class has too many votes")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
