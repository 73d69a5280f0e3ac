//! The lab as the page holds it: what is known of it, and what can be done with it.

use leptos::prelude::*;

use crate::{
    client::poll::Alert,
    diagram::{ExchangeKey, Reel, moment::Moment},
    fault::Fault,
    notice::Notice,
    ui::{lab::pad::Pad, stage::Stage},
    wire::{
        Micros, Technique,
        control::{Command, LabSpec, LabState},
        observation::ClientSettings,
    },
};

/// How the lab is connected, for a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has turned to it yet.
    #[default]
    Asleep,
    /// The lab is being made, or the control socket is connecting.
    Connecting,
    /// Connected; the clocks are not aligned yet.
    Aligning,
    /// Everything works.
    Live,
    /// The control socket is away and comes back by itself.
    Away,
    /// The server cannot be reached, or has no room for another lab.
    Refused,
}

impl Standing {
    /// Its name in `data-standing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asleep => "asleep",
            Self::Connecting => "connecting",
            Self::Aligning => "aligning",
            Self::Live => "live",
            Self::Away => "away",
            Self::Refused => "refused",
        }
    }
}

/// What the board shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// The version: the highest number among its updates.
    pub version: u64,
    /// The alerts, newest first.
    pub alerts: Vec<Alert>,
    /// Whether the last change went back to an older version.
    pub back: bool,
}

/// The lab, with all that its parts read. Copies are handles on the same lab.
#[derive(Clone, Copy)]
pub struct Rig {
    /// What the islands of the step share.
    pub stage: Stage,
    /// How it is connected.
    pub standing: RwSignal<Standing>,
    /// Whether it is known yet if the lab can be connected.
    pub met: RwSignal<bool>,
    /// The server's message, where it refused.
    pub refusal: RwSignal<String>,
    /// The lab's settings, as the server last said.
    pub state: RwSignal<LabState>,
    /// Whether a client runs.
    pub running: RwSignal<bool>,
    /// How the next client will be started.
    pub settings: RwSignal<ClientSettings>,
    /// How those will be that run beside it.
    pub beside: RwSignal<Vec<ClientSettings>>,
    /// What the board shows.
    pub board: RwSignal<Board>,
    /// What was drawn on the shared pad.
    pub pad: Pad,
    /// The log of the run.
    pub reel: Reel,
    /// The exchange that the reader picked.
    pub selected: RwSignal<Option<ExchangeKey>>,
    /// The port of the lab, once it is known.
    pub port: RwSignal<String>,
    /// The moment that a page points at. Only what is replayed has one.
    pub moment: Option<Moment>,
    /// How the lab was made; its faults can be mended and broken again.
    pub spec: StoredValue<LabSpec>,
    #[cfg(feature = "hydrate")]
    pub(super) engine: super::engine::Engine,
}

impl Rig {
    /// A lab that is not connected yet.
    pub fn new(stage: Stage) -> Self {
        let (settings, beside, spec) =
            stage.play.with_value(|play| (play.step.client.clone(), play.step.beside.clone(), play.step.lab.clone()));
        Self {
            stage,
            standing: RwSignal::default(),
            met: RwSignal::new(false),
            refusal: RwSignal::default(),
            state: RwSignal::new(LabState {
                distance_ms: spec.distance_ms,
                faults: spec.faults.clone(),
                keep_alive_ms: spec.keep_alive_ms,
                ..LabState::default()
            }),
            running: RwSignal::new(false),
            settings: RwSignal::new(settings),
            beside: RwSignal::new(beside),
            board: RwSignal::default(),
            pad: Pad::default(),
            reel: Reel::new(),
            selected: RwSignal::new(None),
            port: RwSignal::default(),
            moment: stage.play.with_value(|play| play.step.is_replay()).then(Moment::default),
            spec: StoredValue::new(spec),
            #[cfg(feature = "hydrate")]
            engine: super::engine::Engine::default(),
        }
    }

    /// Whether controls may be used.
    pub fn usable(self) -> bool {
        self.standing.get() == Standing::Live
    }

    /// Whether a client may be started: the prediction comes first.
    pub fn may_run(self) -> bool {
        self.usable() && self.stage.ready.get() && !self.stage.must_predict()
    }

    /// Whether the button that runs may be pressed: also while the lab opens for the first time, and it runs then.
    pub fn may_press(self) -> bool {
        (self.usable() || !self.met.get()) && self.stage.ready.get() && !self.stage.must_predict()
    }

    /// Looks at what was noticed about the run: at nothing before the prediction is locked, since it could give the answer
    /// away.
    pub fn noticed<T>(self, look: impl FnOnce(&[Notice]) -> T) -> T {
        if !self.stage.ready.get() || self.stage.must_predict() {
            return look(&[]);
        }
        self.state.with(|state| look(&state.notices))
    }

    /// Whether this fault is in force now.
    pub fn in_force(self, fault: &Fault) -> bool {
        self.state.with(|state| state.faults.iter().any(|active| active.id == fault.id))
    }

    /// Whether one of the clients is of this technique.
    pub fn uses(self, technique: Technique) -> bool {
        let is = |settings: &ClientSettings| settings.technique == technique;
        self.settings.with(is) || self.beside.with(|beside| beside.iter().any(is))
    }

    /// Whether clients of several columns run, or would.
    pub fn is_shared(self) -> bool {
        !self.beside.with(Vec::is_empty)
    }

    /// Sets clients of the other techniques beside the one that is set, or sends them away.
    pub fn share(self, shared: bool) {
        let all = [Technique::ShortPoll, Technique::LongPoll, Technique::Sse, Technique::WebSocket];
        let own = self.settings.with_untracked(Clone::clone);
        let others = all.into_iter().filter(|technique| *technique != own.technique && shared);
        self.beside.set(others.map(|technique| ClientSettings { technique, ..own.clone() }).collect());
        self.stop();
    }

    /// Changes how clients work. Those that run are replaced by new ones at once; a visit goes on as it began.
    pub fn change(self, change: impl Fn(&mut ClientSettings)) {
        let before = self.settings.with_untracked(|settings| settings.technique);
        self.settings.update(&change);
        let own = self.settings.with_untracked(|settings| settings.technique);
        self.beside.update(|beside| {
            for other in beside.iter_mut() {
                let technique = other.technique;
                change(other);
                // Who is like the first follows it; others keep their technique, and nobody takes what another has.
                other.technique = match technique {
                    like if like == before => own,
                    taken if taken == own => before,
                    free => free,
                };
            }
        });
        let after = self.settings.with_untracked(|settings| settings.technique);
        if after == Technique::Request && before != after {
            self.stop();
        } else if self.running.get_untracked() && after != Technique::Request {
            self.start();
        }
    }

    /// Starts a client, or notes that one is to start as soon as the lab is open.
    pub fn press(self) {
        if self.met.get_untracked() {
            self.start();
        } else {
            self.stage.pressed.set(true);
        }
    }

    /// Starts a client, in place of one that runs.
    pub fn start(self) {
        #[cfg(feature = "hydrate")]
        self.begin();
    }

    /// Sends what was drawn on the surface of this column.
    pub fn stroke(self, seat: usize, stroke: &[u8]) {
        #[cfg(feature = "hydrate")]
        self.send_stroke(seat, stroke);
        #[cfg(not(feature = "hydrate"))]
        let _ = (seat, stroke);
    }

    /// Stops the first of the clients that run.
    pub fn leave(self) {
        #[cfg(feature = "hydrate")]
        self.dismiss_first();
    }

    /// Starts a client that stops after a minute: nobody asked for it, so it must not go on for ever.
    pub fn start_for_a_minute(self) {
        #[cfg(feature = "hydrate")]
        self.run_a_minute();
    }

    /// Stops the client and the source.
    pub fn stop(self) {
        #[cfg(feature = "hydrate")]
        self.halt();
    }

    /// Gives the reader the run as a file.
    pub fn save(self) {
        #[cfg(feature = "hydrate")]
        self.keep();
    }

    /// Now, on the server's clock, as far as the page knows it; 0 before that.
    pub fn now(self) -> Micros {
        #[cfg(feature = "hydrate")]
        return self.time();
        #[cfg(not(feature = "hydrate"))]
        0
    }

    /// Asks something of the lab.
    pub fn command(self, command: Command) {
        #[cfg(feature = "hydrate")]
        self.order(command);
        #[cfg(not(feature = "hydrate"))]
        let _ = command;
    }

    /// A new run: an empty log, the feed at zero, the faults as the lab was made with.
    pub fn reset(self) {
        self.stop();
        #[cfg(feature = "hydrate")]
        self.forget();
        self.board.set(Board::default());
        self.pad.clear();
        self.selected.set(None);
        self.command(Command::Reset);
    }
}
