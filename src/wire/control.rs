//! What the page and the lab's task say to each other over the control socket, a WebSocket on the site's origin.
//!
//! Binary messages, each one value in the [compact form](super::packed). The page speaks first ([`Up::Hello`]); the server answers with
//! [`Down::Snapshot`], then with numbered [`Down::Delta`]s. Who was away resumes with the epoch and the cursor it had:
//! if the server still has what followed, the deltas go on from there, otherwise a new snapshot comes.

use serde::{Deserialize, Serialize};

use super::{
    LabId, Micros, Observation, Record,
    crowd::CrowdSpec,
    packed::{Nonsense, pack, unpack},
};
use crate::{
    fault::{Fault, FaultId},
    ledger::Ledger,
    notice::Notice,
};

/// The longest message a page may send, in bytes. A longer one ends the socket with close code 1009.
pub const MAX_UP: usize = 64 * 1024;

/// The most observations in one batch.
pub const MAX_BATCH: usize = 200;

/// Milliseconds between two beats of the server; a page that hears nothing for three of them reconnects.
pub const BEAT_MS: u32 = 5000;

/// From the page to the lab's task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Up {
    /// The first message, and only the first.
    Hello {
        /// Version of the format that the page speaks.
        format: u32,
        /// The secret that [`Created`] brought.
        secret: String,
        /// A random number of the page, kept while it lives: batches are deduplicated by it.
        page: u64,
        /// The epoch of the last snapshot, and the number of the last record seen, to resume.
        resume: Option<Cursor>,
    },
    /// Half of a timed round trip: the server answers at once with its own time.
    Probe {
        /// The page's own mark for this probe.
        id: u32,
    },
    /// What the browser saw, in the order it was seen.
    Observe {
        /// Number of the first of these among all of this page, from 1: what was already taken is skipped.
        first: u64,
        /// At most [`MAX_BATCH`]; every one must have the browser as its witness.
        seen: Vec<Observation>,
        /// How many the page itself has dropped so far, because its buffer was full.
        dropped: u64,
    },
    /// Something to do.
    Command {
        /// The page's own mark; [`Down::Done`] or [`Down::Refused`] repeats it.
        id: u32,
        /// What to do.
        command: Command,
    },
    /// A beat: sent in answer to the server's.
    Beat,
}

impl Up {
    /// The message as it travels.
    pub fn encode(&self) -> Vec<u8> {
        pack(self)
    }

    /// # Errors
    /// [`Nonsense`] if the bytes are no such message.
    pub fn decode(bytes: &[u8]) -> Result<Self, Nonsense> {
        unpack(bytes)
    }
}

/// Where a page was when it lost the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The epoch of the log.
    pub epoch: u64,
    /// The number of the last record seen.
    pub no: u64,
}

/// What a page may ask of its lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Publish one update now.
    Publish,
    /// Let the source run, or hold it.
    Source {
        /// Whether it runs.
        running: bool,
    },
    /// Set the distance, each way, in milliseconds, 0 to 5,000.
    Distance {
        /// Milliseconds.
        ms: u32,
    },
    /// Add a fault, or change the one with the same id.
    Fault {
        /// The fault.
        fault: Fault,
    },
    /// Take a fault away.
    Mend {
        /// Which.
        id: FaultId,
    },
    /// Begin a new run: an empty log in a new epoch, the feed at zero, the faults as the lab was made with.
    Reset,
    /// Start a background job.
    Job,
    /// Set the keep-alive time, in milliseconds, 500 to 60,000. It holds at once for connections that are idle.
    KeepAlive {
        /// Milliseconds.
        ms: u32,
    },
    /// Call a crowd of synthetic clients, in place of the one that is there; or send it away.
    Crowd {
        /// What crowd; none sends it away.
        crowd: Option<CrowdSpec>,
    },
    /// Put these faults in place of all that are in force or to come. A fault with a start is one to come, so that a list is a
    /// script; an empty one leaves a clean network.
    Faults {
        /// At most 64.
        faults: Vec<Fault>,
    },
}

/// From the lab's task to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Down {
    /// The whole state but for the records, which follow as deltas.
    Snapshot {
        /// Version of the format.
        format: u32,
        /// The epoch that the numbers of the deltas count in.
        epoch: u64,
        /// The number before the first record that will follow.
        after: u64,
        /// The ledger of everything up to `after`: so a log that lost its beginning falsifies nothing.
        ledger: Box<Ledger>,
        /// The lab's settings.
        lab: LabState,
    },
    /// Records, in order, without a gap to the one before.
    Delta {
        /// The epoch.
        epoch: u64,
        /// At most [`MAX_BATCH`] records.
        records: Vec<Record>,
    },
    /// The lab's settings changed, or the count of what was dropped.
    State {
        /// The settings.
        lab: LabState,
    },
    /// The other half of a timed round trip.
    Probe {
        /// The page's mark.
        id: u32,
        /// The server's time.
        at: Micros,
    },
    /// The page's observations up to this number are in the log.
    Taken {
        /// The number of the last one.
        upto: u64,
    },
    /// A command was carried out.
    Done {
        /// The page's mark.
        id: u32,
    },
    /// A message was not carried out, and nothing changed.
    Refused {
        /// The page's mark, if the message had one.
        id: Option<u32>,
        /// What was wrong with it, in English, for the console.
        why: String,
    },
    /// A beat.
    Beat,
}

impl Down {
    /// The first byte of a snapshot in the compact form: the variant's place.
    pub const SNAPSHOT: u8 = 0;
    /// The only byte of a beat.
    pub const BEAT: u8 = 7;

    /// The message as it travels.
    pub fn encode(&self) -> Vec<u8> {
        pack(self)
    }

    /// # Errors
    /// [`Nonsense`] if the bytes are no such message.
    pub fn decode(bytes: &[u8]) -> Result<Self, Nonsense> {
        unpack(bytes)
    }

    /// [`Down::Delta`] from records that were encoded one by one: the same bytes, without cloning the records.
    pub fn delta(epoch: u64, count: usize, records: &[u8]) -> Vec<u8> {
        // The compact form of a variant is its number and its fields, that of a list its length and its items.
        const NUMBER: u32 = 1;
        let mut bytes = pack(&(NUMBER, epoch, count));
        bytes.extend_from_slice(records);
        bytes
    }
}

/// What a page may know of its lab's settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabState {
    /// Distance, each way, in milliseconds.
    pub distance_ms: u32,
    /// The active faults.
    pub faults: Vec<Fault>,
    /// Whether the source runs.
    pub running: bool,
    /// Observations that were dropped because a buffer was full, by witness: browser, wire, server.
    pub dropped: [u64; 3],
    /// Observations that came when their run was over, and are in no log.
    #[serde(default)]
    pub late: u64,
    /// How long a connection may stay idle, in milliseconds.
    #[serde(default)]
    pub keep_alive_ms: u32,
    /// What was noticed about the run so far.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// The faults to come, and when, in that order.
    #[serde(default)]
    pub coming: Vec<(Micros, Fault)>,
}

/// How a lab is made: the body of `POST /api/labs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabSpec {
    /// Where its updates come from.
    #[serde(default)]
    pub source: Source,
    /// Distance, each way, in milliseconds, 0 to 5,000.
    #[serde(default = "LabSpec::distance")]
    pub distance_ms: u32,
    /// Faults that are active from the start.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// How many updates the feed remembers, 1 to 1,000.
    #[serde(default = "LabSpec::history")]
    pub history: u32,
    /// How long a background job takes, in milliseconds, 100 to 60,000.
    #[serde(default = "LabSpec::job")]
    pub job_ms: u32,
    /// After how long a silence an event stream gets a comment, in milliseconds, 100 to 60,000.
    #[serde(default = "LabSpec::comment")]
    pub comment_ms: u32,
    /// How long the server keeps a connection open on which nothing is asked, in milliseconds, 500 to 60,000: counted from
    /// when the last answer was let go.
    #[serde(default = "LabSpec::keep_alive")]
    pub keep_alive_ms: u32,
    /// Whether the distance is imposed on the handshake of each connection, too: its first request then takes a round trip
    /// longer.
    #[serde(default)]
    pub handshake: bool,
}

impl LabSpec {
    fn distance() -> u32 {
        80
    }

    fn history() -> u32 {
        100
    }

    fn job() -> u32 {
        8000
    }

    fn comment() -> u32 {
        15_000
    }

    fn keep_alive() -> u32 {
        60_000
    }
}

impl Default for LabSpec {
    fn default() -> Self {
        Self {
            source: Source::default(),
            distance_ms: Self::distance(),
            faults: Vec::new(),
            history: Self::history(),
            job_ms: Self::job(),
            comment_ms: Self::comment(),
            keep_alive_ms: Self::keep_alive(),
            handshake: false,
        }
    }
}

/// Where the updates of a feed come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Nothing by itself: only the button publishes.
    #[default]
    Button,
    /// One update every so often.
    Steady {
        /// Milliseconds between two, 50 to 600,000.
        every_ms: u32,
    },
    /// Updates at random: the gaps are exponentially distributed, and the first one, too, comes at a random phase.
    Random {
        /// Mean gap in milliseconds, 50 to 600,000.
        mean_ms: u32,
        /// The same seed gives the same gaps. Without one, each run has its own.
        #[serde(default)]
        seed: Option<u64>,
    },
    /// Several updates at once, every so often.
    Burst {
        /// How many at once, 1 to 100.
        size: u32,
        /// Milliseconds between two bursts, 50 to 600,000.
        every_ms: u32,
    },
}

/// The answer to `POST /api/labs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// The lab's name.
    pub lab: LabId,
    /// What allows to change it. It travels in message bodies only.
    pub secret: String,
    /// The origin of the lab listener as this page reaches it, without a trailing slash: `http://localhost:3001`.
    pub origin: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Fact, Witness};

    #[test]
    fn a_delta_from_encoded_records_is_a_delta() {
        let records: Vec<Record> = (1..=300)
            .map(|no| Record {
                no,
                seen: Observation {
                    at: -5 * no as Micros,
                    witness: Witness::Wire,
                    client: Some(1),
                    exchange: None,
                    conn: Some(9),
                    fact: Fact::Stopped,
                },
            })
            .collect();
        let bytes: Vec<u8> = records.iter().flat_map(pack).collect();
        let delta = Down::Delta { epoch: 7, records };
        assert_eq!(Down::delta(7, 300, &bytes), delta.encode());
        assert_eq!(Down::decode(&delta.encode()), Ok(delta));
    }

    #[test]
    fn what_a_page_tells_by_the_first_byte_is_where_it_says() {
        let (ledger, lab) = (Box::default(), LabState::default());
        let snapshot = Down::Snapshot { format: 1, epoch: 1, after: 0, ledger, lab }.encode();
        assert_eq!((snapshot[0], Down::Beat.encode()), (Down::SNAPSHOT, vec![Down::BEAT]));
    }
}
