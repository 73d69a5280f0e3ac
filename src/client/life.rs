//! The life of a WebSocket, as a state machine: when to connect, when to send a beat, when to take the socket for dead,
//! when to come back. What happened goes in, what to do comes out; time and chance are arguments.
//!
//! Only a beat that comes back proves that the whole way there and back is alive, so only that answers a beat: other
//! messages prove no more than the way down. Libraries differ here.

use super::backoff;
use crate::wire::{
    Micros,
    observation::{ClientSettings, LifeState, Reconnect},
};

/// How long a handshake may take. Browsers wait for minutes.
const HANDSHAKE: Micros = 10_000_000;

/// A socket that was open for so long has proved itself: the waits begin anew.
const PROVED: Micros = 15_000_000;

/// The wait of [`Reconnect::Fixed`], in milliseconds.
const FIXED_MS: u32 = 1000;

/// How long a client waits before attempt number `attempt` (from 0) to come back, in milliseconds; nothing, if it never
/// does. `random` is drawn uniformly from 0 to 1.
pub fn wait_ms(reconnect: Reconnect, attempt: u32, random: f64) -> Option<u32> {
    match reconnect {
        Reconnect::Never => None,
        Reconnect::Immediately => Some(0),
        Reconnect::Fixed => Some(FIXED_MS),
        Reconnect::Exponential => Some(backoff::wait_ms(attempt, 1.0)),
        Reconnect::ExponentialJitter => Some(backoff::wait_ms(attempt, random)),
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The page begins.
    Start,
    /// The handshake succeeded.
    Opened,
    /// The socket closed, or the handshake failed.
    Closed,
    /// A message came that is no beat.
    Heard,
    /// The beat came back.
    Returned,
    /// It is [`Life::due`], or later.
    Time,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write down that this is the state now.
    Become(LifeState),
    /// Make a new socket. There is none.
    Connect,
    /// Send a beat.
    Beat,
    /// Let go of the socket without waiting for it: where the network is dead, closing in order takes its time.
    Drop,
}

/// A socket's life.
#[derive(Debug)]
pub struct Life {
    beat: Option<Micros>,
    patience: Micros,
    reconnect: Reconnect,
    attempt: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Connecting { until: Micros },
    Open { since: Micros, next: Option<Micros>, waits: Option<Micros>, suspect: bool },
    Waiting { until: Micros },
}

impl Life {
    /// A life that has not begun.
    pub fn new(settings: &ClientSettings) -> Self {
        Self {
            beat: settings.beat_ms.map(|ms| Micros::from(ms) * 1000),
            patience: Micros::from(settings.beat_timeout_ms) * 1000,
            reconnect: settings.reconnect,
            attempt: 0,
            phase: Phase::Idle,
        }
    }

    /// When [`Input::Time`] is to come; never, while nothing depends on time.
    pub fn due(&self) -> Option<Micros> {
        match self.phase {
            Phase::Idle => None,
            Phase::Connecting { until } | Phase::Waiting { until } => Some(until),
            Phase::Open { waits: Some(since), suspect: false, .. } => Some(since + self.patience / 2),
            Phase::Open { waits: Some(since), .. } => Some(since + self.patience),
            Phase::Open { next, .. } => next,
        }
    }

    /// Something happened. `random` is drawn uniformly from 0 to 1.
    pub fn on(&mut self, input: Input, now: Micros, random: f64) -> Vec<Action> {
        let mut actions = Vec::new();
        match (&mut self.phase, input) {
            (Phase::Idle, Input::Start) => self.connect(LifeState::Connecting, now, &mut actions),
            (Phase::Connecting { .. }, Input::Opened) => {
                let next = self.beat.map(|beat| now + beat);
                self.phase = Phase::Open { since: now, next, waits: None, suspect: false };
                actions.push(Action::Become(LifeState::Open));
            }
            (Phase::Connecting { until }, Input::Time) if *until <= now => {
                actions.push(Action::Drop);
                self.lost(now, random, &mut actions);
            }
            (Phase::Connecting { .. }, Input::Closed) => self.lost(now, random, &mut actions),
            (Phase::Open { since, .. }, Input::Closed) => {
                if now - *since >= PROVED {
                    self.attempt = 0;
                }
                self.lost(now, random, &mut actions);
            }
            (Phase::Open { .. }, Input::Heard) => self.attempt = 0,
            (Phase::Open { waits, suspect, .. }, Input::Returned) => {
                *waits = None;
                if std::mem::take(suspect) {
                    actions.push(Action::Become(LifeState::Open));
                }
                self.attempt = 0;
            }
            (Phase::Open { next, waits, suspect, .. }, Input::Time) => match *waits {
                Some(since) if now >= since + self.patience => {
                    actions.extend([Action::Become(LifeState::Dead), Action::Drop]);
                    self.lost(now, random, &mut actions);
                }
                Some(since) if now >= since + self.patience / 2 && !*suspect => {
                    *suspect = true;
                    actions.push(Action::Become(LifeState::Suspect));
                }
                None if next.is_some_and(|next| next <= now) => {
                    *waits = Some(now);
                    *next = self.beat.map(|beat| now + beat);
                    actions.push(Action::Beat);
                }
                _ => {}
            },
            (Phase::Waiting { until }, Input::Time) if *until <= now => {
                self.connect(LifeState::Reconnecting, now, &mut actions);
            }
            // What an earlier socket had still to say.
            _ => {}
        }
        actions
    }

    fn connect(&mut self, state: LifeState, now: Micros, actions: &mut Vec<Action>) {
        self.phase = Phase::Connecting { until: now + HANDSHAKE };
        actions.extend([Action::Become(state), Action::Connect]);
    }

    /// There is no socket any more.
    fn lost(&mut self, now: Micros, random: f64, actions: &mut Vec<Action>) {
        let Some(ms) = wait_ms(self.reconnect, self.attempt, random) else {
            self.phase = Phase::Idle;
            if actions.first() != Some(&Action::Become(LifeState::Dead)) {
                actions.push(Action::Become(LifeState::Dead));
            }
            return;
        };
        if self.reconnect == Reconnect::Immediately {
            return self.connect(LifeState::Reconnecting, now, actions);
        }
        self.attempt = self.attempt.saturating_add(1);
        self.phase = Phase::Waiting { until: now + Micros::from(ms) * 1000 };
        actions.push(Action::Become(LifeState::Waiting));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Technique;

    const MS: Micros = 1000;

    fn life(beat_ms: Option<u32>, beat_timeout_ms: u32, reconnect: Reconnect) -> Life {
        let settings = ClientSettings::new(Technique::WebSocket);
        Life::new(&ClientSettings { beat_ms, beat_timeout_ms, reconnect, ..settings })
    }

    fn states(actions: &[Action]) -> Vec<LifeState> {
        let become_ = |action: &Action| if let Action::Become(state) = action { Some(*state) } else { None };
        actions.iter().filter_map(become_).collect()
    }

    #[test]
    fn the_whole_cycle() {
        let mut life = life(Some(1000), 600, Reconnect::Exponential);
        assert_eq!(life.on(Input::Start, 0, 0.5), [Action::Become(LifeState::Connecting), Action::Connect]);
        assert_eq!(life.on(Input::Opened, 10 * MS, 0.5), [Action::Become(LifeState::Open)]);
        assert_eq!(life.due(), Some(1010 * MS));
        assert_eq!(life.on(Input::Time, 1010 * MS, 0.5), [Action::Beat]);
        assert_eq!(life.on(Input::Returned, 1100 * MS, 0.5), []);
        assert_eq!(life.due(), Some(2010 * MS), "an interval after the last, not after its return");
        assert_eq!(life.on(Input::Time, 2010 * MS, 0.5), [Action::Beat]);
        assert_eq!(life.on(Input::Time, 2310 * MS, 0.5), [Action::Become(LifeState::Suspect)]);
        assert_eq!(life.on(Input::Heard, 2400 * MS, 0.5), [], "that proves the way down only");
        let given_up = life.on(Input::Time, 2610 * MS, 0.5);
        assert_eq!(given_up, [Action::Become(LifeState::Dead), Action::Drop, Action::Become(LifeState::Waiting)]);
        assert_eq!(life.due(), Some(3110 * MS));
        assert_eq!(life.on(Input::Time, 3110 * MS, 0.5), [Action::Become(LifeState::Reconnecting), Action::Connect]);
        assert_eq!(states(&life.on(Input::Closed, 3120 * MS, 0.5)), [LifeState::Waiting]);
        assert_eq!(life.due(), Some(4120 * MS), "twice as long after a second failure");
    }

    #[test]
    fn a_beat_that_is_only_late_clears_the_suspicion() {
        let mut life = life(Some(1000), 600, Reconnect::Never);
        life.on(Input::Start, 0, 0.0);
        life.on(Input::Opened, 0, 0.0);
        life.on(Input::Time, 1000 * MS, 0.0);
        assert_eq!(states(&life.on(Input::Time, 1300 * MS, 0.0)), [LifeState::Suspect]);
        assert_eq!(states(&life.on(Input::Returned, 1500 * MS, 0.0)), [LifeState::Open]);
        assert_eq!(life.due(), Some(2000 * MS));
    }

    #[test]
    fn each_way_to_come_back() {
        let wait = |reconnect, random| {
            let mut life = life(None, 600, reconnect);
            life.on(Input::Start, 0, 0.0);
            life.on(Input::Opened, 0, 0.0);
            let states = states(&life.on(Input::Closed, 0, random));
            (states, life.due().map(|due| due / MS))
        };
        assert_eq!(wait(Reconnect::Never, 0.5), (vec![LifeState::Dead], None));
        assert_eq!(wait(Reconnect::Immediately, 0.5).0, [LifeState::Reconnecting]);
        assert_eq!(wait(Reconnect::Fixed, 0.5), (vec![LifeState::Waiting], Some(1000)));
        assert_eq!(wait(Reconnect::Exponential, 0.1), (vec![LifeState::Waiting], Some(500)));
        assert_eq!(wait(Reconnect::ExponentialJitter, 0.1), (vec![LifeState::Waiting], Some(50)));
    }

    /// A world for a life: sockets that open, close, go dead or answer beats after a while, as the numbers say.
    fn live(mut life: Life, fates: &[u16], beat: Option<Micros>, patience: Micros) -> Result<(), TestCaseError> {
        let (mut now, mut sockets, mut dead_since) = (0, 0, None::<Micros>);
        let mut inputs: Vec<(Micros, Input)> = vec![(0, Input::Start)];
        for fate in fates {
            let fate = Micros::from(*fate);
            inputs.sort_by_key(|input| std::cmp::Reverse(input.0));
            let timer = life.due().map(|due| (due.max(now), Input::Time));
            let next = inputs.last().copied();
            let (at, input) = match (next, timer) {
                (Some(next), Some(timer)) if timer.0 < next.0 => timer,
                (None, Some(timer)) => timer,
                (Some(next), _) => {
                    inputs.pop();
                    next
                }
                (None, None) => return Ok(()),
            };
            now = now.max(at);
            if input == Input::Closed {
                sockets -= 1;
                inputs.clear();
            }
            for action in life.on(input, now, (fate % 100) as f64 / 100.0) {
                match action {
                    Action::Connect => {
                        prop_assert_eq!(sockets, 0, "no two sockets at once");
                        (sockets, dead_since) = (1, None);
                        inputs.clear();
                        let input = if fate % 3 == 0 { Input::Closed } else { Input::Opened };
                        inputs.push((now + fate * 10, input));
                        if input == Input::Opened && fate % 7 == 0 {
                            inputs.push((now + fate * 1000, Input::Closed));
                        }
                    }
                    Action::Beat => {
                        prop_assert!(beat.is_some(), "none was asked for");
                        prop_assert_eq!(sockets, 1);
                        // Some come back in time, some late, and of some sockets none ever does.
                        if dead_since.is_none() && fate % 5 == 0 {
                            dead_since = Some(now);
                        }
                        if dead_since.is_none() {
                            inputs.push((now + patience * (fate % 100) / 100, Input::Returned));
                        }
                    }
                    Action::Drop => {
                        sockets -= 1;
                        inputs.clear();
                    }
                    Action::Become(LifeState::Dead) => {
                        prop_assert!(beat.is_some() || input == Input::Closed, "never without a beat");
                        if let (Some(since), Some(beat), Input::Time) = (dead_since, beat, input) {
                            prop_assert!(now - since <= beat + patience, "after {}", now - since);
                        }
                    }
                    Action::Become(_) => {}
                }
                prop_assert!((0..=1).contains(&sockets), "{} sockets", sockets);
            }
            if let Some(since) = dead_since.filter(|_| sockets == 1) {
                prop_assert!(now - since <= beat.unwrap_or(Micros::MAX / 2) + patience, "it goes unnoticed");
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_life_keeps_its_promises(
            fates in prop::collection::vec(any::<u16>(), 1..400),
            beat in proptest::option::of(100u32..60_000),
            patience in 100u32..60_000,
            reconnect in prop_oneof![
                Just(Reconnect::Never),
                Just(Reconnect::Immediately),
                Just(Reconnect::Fixed),
                Just(Reconnect::Exponential),
                Just(Reconnect::ExponentialJitter),
            ],
        ) {
            let micros = |ms: u32| Micros::from(ms) * MS;
            live(life(beat, patience, reconnect), &fates, beat.map(micros), micros(patience))?;
        }

        /// Wherever between two beats the network dies, it is noticed within an interval and a timeout.
        #[test]
        fn a_dead_network_is_noticed_in_time(beat in 100u32..60_000, patience in 100u32..60_000, share in 0u32..100) {
            let mut life = life(Some(beat), patience, Reconnect::Never);
            let (beat, patience) = (Micros::from(beat) * MS, Micros::from(patience) * MS);
            life.on(Input::Start, 0, 0.0);
            life.on(Input::Opened, 0, 0.0);
            let dies = 3 * beat + beat * Micros::from(share) / 100;
            let mut now = 0;
            while let Some(due) = life.due() {
                now = due;
                let actions = life.on(Input::Time, now, 0.0);
                if states(&actions).contains(&LifeState::Dead) {
                    break;
                }
                if actions.contains(&Action::Beat) && now < dies {
                    life.on(Input::Returned, now, 0.0);
                }
            }
            prop_assert!(now > dies && now - dies <= beat + patience, "{} after {}", now - dies, dies);
        }
    }
}
