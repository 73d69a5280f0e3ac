use super::*;
use crate::{
    fault::Death,
    wire::{
        Body, Direction, Ending, Frame, HoldEnd, RequestHead, ResponseHead, Unit, Witness,
        observation::{Ask, ClientSettings, Cure, LifeState, News, Reconnect},
        sse::Event,
    },
};

const MS: Micros = 1000;
const S: Micros = 1000 * MS;

/// A log under way: facts of client 1, at times in milliseconds.
#[derive(Default)]
struct Log {
    notices: Notices,
    at: Micros,
}

impl Log {
    fn of(settings: ClientSettings) -> Self {
        let mut log = Self::default();
        log.fact(Witness::Server, None, Fact::Run { distance_ms: 80 });
        log.browser(None, Fact::Started { settings });
        log
    }

    fn at(&mut self, ms: Micros) -> &mut Self {
        self.at = ms * MS;
        self
    }

    fn fact(&mut self, witness: Witness, exchange: Option<u32>, fact: Fact) -> &mut Self {
        let seen = Observation { at: self.at, witness, client: Some(1), exchange, conn: None, fact };
        self.notices.apply(&seen);
        self
    }

    fn browser(&mut self, exchange: Option<u32>, fact: Fact) -> &mut Self {
        self.fact(Witness::Browser, exchange, fact)
    }

    fn asks(&mut self, n: u32) -> &mut Self {
        self.browser(Some(n), Fact::Asked { method: "GET".into(), target: "/".into() })
    }

    fn answered(&mut self, n: u32, news: News) -> &mut Self {
        self.browser(Some(n), Fact::Answered { status: 200, bytes: 20, news })
    }

    fn wire(&mut self, n: u32, dir: Direction, no: u32, unit: Unit) -> &mut Self {
        self.fact(Witness::Wire, Some(n), Fact::Unit { dir, no, unit })
    }

    fn request(&mut self, n: u32, nth: u32) -> &mut Self {
        let head = RequestHead { method: "GET".into(), target: "/".into(), nth, bytes: 90, text: String::new() };
        self.wire(n, Direction::Up, nth, Unit::RequestHead(Box::new(head)))
    }

    fn says(&mut self, n: u32, what: &str) -> &mut Self {
        let text = format!("HTTP/1.1 200 OK\nConnection: {what}");
        let head = ResponseHead { status: 200, bytes: 90, text, bodiless: false };
        self.wire(n, Direction::Down, 1, Unit::ResponseHead(Box::new(head)))
    }

    fn frame(&mut self, dir: Direction, no: u32, opcode: u8, text: &str) -> &mut Self {
        let payload = text.len() as u32;
        let frame =
            Frame { fin: true, rsv: 0, opcode, masked: false, head: 2, payload, close: None, text: text.into() };
        self.wire(1, dir, no, Unit::Frame(Box::new(frame)))
    }

    fn released(&mut self, dir: Direction, no: u32) -> &mut Self {
        self.fact(Witness::Wire, Some(1), Fact::Released { dir, no })
    }

    fn life(&mut self, state: LifeState) -> &mut Self {
        self.browser(None, Fact::Life { state })
    }

    fn killer(&mut self, after_ms: u32) -> &mut Self {
        let faults = vec![Fault::new(1, FaultKind::IdleKiller { after_ms, how: Death::Fin })];
        self.fact(Witness::Server, None, Fact::Faults { distance_ms: 80, faults })
    }

    fn event(&mut self, id: Option<&str>, name: &str) -> &mut Self {
        let event = Event { id: id.map(str::to_owned), event: Some(name.into()), data: Some(30), ..Event::default() };
        let body = Body { bytes: 70, payload: 60, text: String::new(), last: false, events: vec![event] };
        self.wire(1, Direction::Down, 2, Unit::Body(Box::new(body)))
    }

    fn told(&self, kind: Kind) -> Option<Notice> {
        self.notices.list().iter().find(|notice| notice.kind == kind).copied()
    }
}

fn poll() -> ClientSettings {
    ClientSettings::new(Technique::ShortPoll)
}

fn hold() -> ClientSettings {
    ClientSettings::new(Technique::LongPoll)
}

fn socket() -> ClientSettings {
    ClientSettings::new(Technique::WebSocket)
}

fn empty() -> News {
    News { empty: true, ..News::default() }
}

fn list(version: u64, empty: bool) -> News {
    News { version: Some(version), empty, ..News::default() }
}

fn updates(seqs: &[u64]) -> News {
    News { seqs: seqs.to_vec(), ..News::default() }
}

#[test]
fn each_kind_has_words_of_its_own() {
    let keys: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.key()).collect();
    assert_eq!(keys.len(), Kind::ALL.len());
}

#[test]
fn silence_longer_than_an_intermediary_allows() {
    let beats = |beat_ms, after| {
        let mut log = Log::of(ClientSettings { beat_ms: Some(beat_ms), ..socket() });
        log.killer(after);
        log.told(Kind::BeatOverIdle)
    };
    let found = beats(30_000, 25_000).expect("30 s is longer than 25 s");
    assert_eq!((found.time, found.limit), (30 * S, 25 * S));
    assert_eq!(beats(20_000, 25_000), None);
    let mut log = Log::of(socket());
    assert_eq!(log.killer(25_000).told(Kind::BeatOverIdle), None, "there is no beat");

    let mut log = Log::of(hold());
    let found = log.killer(15_000).told(Kind::HoldOverIdle).expect("20 s is longer than 15 s");
    assert_eq!((found.time, found.limit), (15 * S, 20 * S));
    let mut log = Log::of(hold());
    assert_eq!(log.browser(None, Fact::Stopped).killer(15_000).told(Kind::HoldOverIdle), None, "it runs no more");
}

#[test]
fn a_hold_that_somebody_cut() {
    let held = |how, freed| {
        let mut log = Log::of(hold());
        log.at(1000).asks(1).at(1080).fact(Witness::Server, Some(1), Fact::Holding { at_most_ms: 20_000 });
        log.at(6000).fact(Witness::Server, Some(1), Fact::HoldEnded { how: freed, micros: 5 * S });
        log.browser(Some(1), Fact::Ended { how });
        log.told(Kind::HoldCut)
    };
    let found = held(Ending::Failed, HoldEnd::Freed).expect("it failed while it was held");
    assert_eq!((found.n, found.time, found.limit), (1, 5 * S, 20 * S));
    assert_eq!(held(Ending::Aborted, HoldEnd::Freed), None, "the client itself gave it up");
    assert_eq!(held(Ending::Failed, HoldEnd::News), None, "it was over");
}

#[test]
fn polls_that_overlap() {
    let run = |cure| {
        let mut log = Log::of(ClientSettings { cure, ..poll() });
        log.asks(1).asks(2).asks(3);
        log.told(Kind::Overlap)
    };
    assert_eq!(run(Cure::None), Some(Notice::count(Kind::Overlap, 2, 3)));
    assert_eq!(run(Cure::Sequence), None);
    let mut log = Log::of(poll());
    for n in 1..=5 {
        log.asks(n).answered(n, empty());
    }
    assert_eq!(log.told(Kind::Overlap), None);
}

#[test]
fn an_interval_shorter_than_the_way() {
    let run = |interval_ms| {
        let mut log = Log::of(ClientSettings { interval_ms, ..poll() });
        for n in 1..=3 {
            log.at(Micros::from(n) * 1000).asks(n).at(Micros::from(n) * 1000 + 170).answered(n, empty());
        }
        log.told(Kind::IntervalUnderTrip)
    };
    let found = run(100).expect("100 ms is shorter than 170 ms");
    assert_eq!((found.time, found.limit), (170 * MS, 100 * MS));
    assert_eq!(run(200), None);
}

#[test]
fn a_board_that_goes_back() {
    let mut log = Log::of(poll());
    log.browser(Some(1), Fact::Shown { version: 4 }).browser(Some(2), Fact::Shown { version: 5 });
    assert_eq!(log.told(Kind::TurnedBack), None);
    log.browser(Some(3), Fact::Shown { version: 3 });
    assert_eq!(log.told(Kind::TurnedBack), Some(Notice::count(Kind::TurnedBack, 1, 0)));
}

#[test]
fn answers_for_nothing() {
    let run = |ask, news: &[News]| {
        let mut log = Log::of(ClientSettings { ask, ..poll() });
        for (n, news) in (1..).zip(news) {
            log.asks(n).answered(n, news.clone());
        }
        log
    };
    let share = |full: usize| {
        let news: Vec<News> = (0..10).map(|n| if n < full { updates(&[n as u64 + 1]) } else { empty() }).collect();
        run(Ask::Updates, &news).told(Kind::MostlyEmpty)
    };
    assert_eq!(share(2), Some(Notice::count(Kind::MostlyEmpty, 80, 10)));
    assert_eq!(share(3), None, "70% is not more than 70%");
    let same = [list(3, false), list(3, true), list(3, true), list(3, true)];
    assert_eq!(run(Ask::Board, &same).told(Kind::Unconditional), Some(Notice::count(Kind::Unconditional, 3, 4)));
    assert_eq!(run(Ask::BoardIfChanged, &same).told(Kind::Unconditional), None, "that is what 304 is for");
    let moving = [list(1, false), list(2, false), list(3, false), list(3, true)];
    assert_eq!(run(Ask::Board, &moving).told(Kind::Unconditional), None);
}

#[test]
fn what_falls_between_two_holds() {
    let run = |cursor, second: &[u64]| {
        let mut log = Log::of(ClientSettings { cursor, ..hold() });
        log.asks(1).answered(1, updates(&[7])).asks(2).answered(2, updates(second));
        log.told(Kind::NoCursor)
    };
    assert_eq!(run(false, &[10, 11]), Some(Notice::count(Kind::NoCursor, 2, 0)));
    assert_eq!(run(false, &[8]), None);
    assert_eq!(run(true, &[10, 11]), None);
}

#[test]
fn updates_that_the_server_has_forgotten() {
    let mut log = Log::of(ClientSettings::new(Technique::Sse));
    log.browser(Some(1), Fact::Message { bytes: 12, news: updates(&[1]) });
    assert_eq!(log.told(Kind::Missed), None);
    log.browser(Some(1), Fact::Message { bytes: 12, news: News { missed: Some(5), ..News::default() } });
    assert_eq!(log.told(Kind::Missed), Some(Notice::count(Kind::Missed, 5, 0)));
}

#[test]
fn a_stream_without_ids() {
    let stream = || Log::of(ClientSettings::new(Technique::Sse));
    let mut log = stream();
    log.event(None, "alert").event(None, "alert");
    assert_eq!(log.told(Kind::NoId), Some(Notice::count(Kind::NoId, 2, 0)));
    let mut log = stream();
    log.event(None, "alert").event(Some("2"), "alert").event(None, "alert");
    assert_eq!(log.told(Kind::NoId), None, "never two in a row");
    let mut log = stream();
    assert_eq!(log.event(None, "job").event(None, "job").event(None, "job").told(Kind::NoId), None, "no updates");
}

#[test]
fn the_same_wait_every_time() {
    let run = |reconnect, times: usize| {
        let mut log = Log::of(ClientSettings { reconnect, ..socket() });
        log.life(LifeState::Connecting);
        (0..times).for_each(|_| _ = log.life(LifeState::Waiting).life(LifeState::Reconnecting));
        log.told(Kind::NoJitter)
    };
    assert_eq!(run(Reconnect::Fixed, 2), Some(Notice::count(Kind::NoJitter, 2, 0)));
    assert_eq!(run(Reconnect::Immediately, 3), Some(Notice::count(Kind::NoJitter, 3, 0)));
    assert_eq!(run(Reconnect::Fixed, 1), None);
    assert_eq!(run(Reconnect::ExponentialJitter, 5), None);
}

#[test]
fn pings_that_nobody_answers() {
    let run = |pong_timeout_ms, pong: bool| {
        let mut log = Log::of(ClientSettings { ping_ms: Some(1000), pong_timeout_ms, ..socket() });
        for no in 1..=3 {
            log.frame(Direction::Down, no, 9, "");
            // Seen by the tap; whether the server gets it is another matter.
            log.frame(Direction::Up, no, 10, "");
            if pong {
                log.released(Direction::Up, no);
            }
        }
        log.told(Kind::PingUnanswered)
    };
    assert_eq!(run(None, false), Some(Notice::count(Kind::PingUnanswered, 3, 0)));
    assert_eq!(run(None, true), None);
    assert_eq!(run(Some(1000), false), None, "the server gives up in time");
}

#[test]
fn a_beat_that_is_only_late() {
    let run = |echo: bool, returned: bool| {
        let mut log = Log::of(ClientSettings { beat_ms: Some(1000), beat_timeout_ms: 150, ..socket() });
        log.life(LifeState::Open).browser(Some(1), Fact::Sent { bytes: 6 });
        if echo {
            log.frame(Direction::Down, 4, 1, "beat 1").released(Direction::Down, 4);
        }
        if returned {
            log.browser(Some(1), Fact::Message { bytes: 6, news: empty() });
        }
        log.life(LifeState::Dead);
        log.told(Kind::FalseAlarm)
    };
    let found = run(true, false).expect("the answer was on its way");
    assert_eq!((found.n, found.limit), (1, 150 * MS));
    assert_eq!(run(false, false), None, "nothing came back");
    assert_eq!(run(true, true), None, "it had come back, and something else ended the socket");
}

#[test]
fn nobody_said_goodbye() {
    let shut = |witness, code| {
        let mut log = Log::of(socket());
        log.fact(witness, Some(1), Fact::Shut { code, clean: false });
        log.told(Kind::Abnormal)
    };
    assert_eq!(shut(Witness::Browser, 1006), Some(Notice::count(Kind::Abnormal, 1, 0)));
    assert_eq!(shut(Witness::Browser, 1000), None);
    assert_eq!(shut(Witness::Server, 1006), None, "one end is enough, and it is the page's");
}

#[test]
fn a_connection_for_each_request() {
    let run = |what: &str, reused: bool| {
        let mut log = Log::of(ClientSettings::new(Technique::Request));
        for n in 1..=4 {
            log.asks(n).request(n, if reused { n } else { 1 }).says(n, what);
        }
        log.told(Kind::CloseEach)
    };
    assert_eq!(run("close", false), Some(Notice::count(Kind::CloseEach, 4, 4)));
    assert_eq!(run("keep-alive", false), None, "nobody asked for it");
    assert_eq!(run("close", true), None);
}

#[test]
fn more_requests_than_connections() {
    let run = |carried: u32| {
        let mut log = Log::of(ClientSettings::new(Technique::Request));
        (1..=8).for_each(|n| _ = log.asks(n));
        (1..=carried).for_each(|n| _ = log.request(n, 1));
        log.answered(1, News::default());
        log.told(Kind::AllInUse)
    };
    assert_eq!(run(6), Some(Notice::count(Kind::AllInUse, 8, 0)));
    assert_eq!(run(8), None, "they all had their own");
}

#[test]
fn a_new_run_begins_without_notices() {
    let mut log = Log::of(poll());
    log.asks(1).asks(2).asks(3);
    assert_eq!(log.notices.list().len(), 1);
    log.fact(Witness::Server, None, Fact::Run { distance_ms: 80 });
    assert_eq!(log.notices.list(), []);
}

#[test]
fn what_is_watched_is_bounded() {
    let mut log = Log::of(poll());
    (1..=1000).for_each(|n| _ = log.asks(n));
    assert_eq!(log.notices.clients[0].under_way.len(), UNDER_WAY);
    for _ in 0..100 {
        log.browser(None, Fact::Started { settings: poll() });
    }
    assert_eq!(log.notices.clients.len(), CLIENTS);
}
