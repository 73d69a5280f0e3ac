//! Small runs, told observation by observation.

use super::*;
use crate::wire::{
    Body, Close, Direction, Ending, ExchangeNo, Micros, RequestHead, ResponseHead, Technique, Unit, Witness,
    observation::{Ask, ClientSettings, Cure, News},
};

/// A run under way. Times are in milliseconds.
#[derive(Default)]
struct Run(Ledger);

impl Run {
    fn tell(&mut self, at: Micros, client: ClientNo, exchange: ExchangeNo, fact: Fact) -> &mut Self {
        let (client, exchange) = ((client > 0).then_some(client), (exchange > 0).then_some(exchange));
        let conn = client.map(u32::from);
        let witness = Witness::Browser;
        self.0.apply(&Observation { at: at * 1000, witness, client, exchange, conn, fact });
        self
    }

    fn start(&mut self, at: Micros, client: ClientNo, cure: Cure) -> &mut Self {
        let settings = ClientSettings { ask: Ask::Board, cure, ..ClientSettings::new(Technique::ShortPoll) };
        self.tell(at, client, 0, Fact::Started { settings })
    }

    fn publish(&mut self, at: Micros, seq: u64) -> &mut Self {
        self.tell(at, 0, 0, Fact::Published { seq, by_hand: seq.is_multiple_of(2) })
    }

    fn seqs(&mut self, at: Micros, client: ClientNo, exchange: ExchangeNo, seqs: &[u64]) -> &mut Self {
        let news = News { seqs: seqs.to_vec(), empty: seqs.is_empty(), ..News::default() };
        self.tell(at, client, exchange, Fact::Answered { status: 200, bytes: 2, news })
    }

    fn board(&mut self, at: Micros, client: ClientNo, exchange: ExchangeNo, version: u64) -> &mut Self {
        let news = News { version: Some(version), ..News::default() };
        self.tell(at, client, exchange, Fact::Answered { status: 200, bytes: 2, news })
    }

    /// The wire's view of an exchange: a head of 100 bytes, an answer's head of 50, a body of 10 in a frame of 7.
    fn wire(&mut self, client: ClientNo, exchange: ExchangeNo, status: u16) -> &mut Self {
        let (method, target, text) = (String::new(), String::new(), String::new());
        let bodiless = status == 304;
        let ask = RequestHead { method, target, nth: 1, bytes: 100, text: text.clone() };
        let answer = ResponseHead { status, bytes: 50, text: text.clone(), bodiless };
        let body = Body { bytes: 17, payload: 10, text, last: true, events: Vec::new() };
        let up = Unit::RequestHead(Box::new(ask));
        self.tell(0, client, exchange, Fact::Unit { dir: Direction::Up, no: 1, unit: up });
        let down = Unit::ResponseHead(Box::new(answer));
        self.tell(0, client, exchange, Fact::Unit { dir: Direction::Down, no: 1, unit: down });
        if !bodiless {
            let down = Unit::Body(Box::new(body));
            self.tell(0, client, exchange, Fact::Unit { dir: Direction::Down, no: 2, unit: down });
        }
        self
    }

    fn figures<const N: usize>(&self, figures: [Figure; N]) -> [Option<f64>; N] {
        figures.map(|figure| self.0.figure(figure))
    }
}

fn check(figure: Figure, at_least: Option<f64>, at_most: Option<f64>) -> Check {
    Check { at_least, at_most, ..Check::about(figure) }
}

#[test]
fn nothing_yet() {
    let run = Run::default();
    let defined = [Figure::Published, Figure::Delivered, Figure::Requests, Figure::WastedBytes, Figure::Connections];
    assert_eq!(run.figures(defined), [Some(0.0); 5]);
    let undefined = [Figure::EmptyShare, Figure::DelayMean, Figure::DelayP95, Figure::DelayMax, Figure::HeadPerPayload];
    assert_eq!(run.figures(undefined), [None; 5]);
    assert_eq!(run.0.figure_for(1, Figure::Requests), None);
}

#[test]
fn delivered_late_duplicated_lost() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None);
    for seq in 1..=6 {
        run.publish(100 * seq as Micros, seq);
    }
    run.seqs(700, 1, 1, &[1, 2]).seqs(800, 1, 2, &[5]).seqs(850, 1, 3, &[5, 3]).seqs(900, 1, 4, &[]);
    let figures = [Figure::Delivered, Figure::Duplicated, Figure::Lost, Figure::DeliveredByHand, Figure::Published];
    // 4 is lost; 6 may still come.
    assert_eq!(run.figures(figures), [4.0, 1.0, 1.0, 1.0, 6.0].map(Some));
    let row = run.0.row(1).expect("it has a row");
    assert_eq!((row.sums.late, row.lost(), row.published(&run.0.published)), (1, 1, 6));
    // 600, 500, 300 and 550 ms.
    let delays = [Figure::DelayMean, Figure::DelayMax, Figure::DelayMedian].map(|f| run.0.figure(f).expect("defined"));
    assert_eq!(delays[..2], [487.5, 600.0]);
    assert!((delays[2] - 500.0).abs() < 500.0 / 64.0);
    assert_eq!(run.figures([Figure::Answers, Figure::Empty, Figure::EmptyShare]), [4.0, 1.0, 25.0].map(Some));
}

#[test]
fn a_whole_list_delivers_up_to_its_version() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None).publish(100, 1).publish(200, 2).board(300, 1, 1, 2).publish(400, 3).board(500, 1, 2, 3);
    run.board(600, 1, 3, 3);
    assert_eq!(run.figures([Figure::Delivered, Figure::Lost, Figure::Duplicated]), [3.0, 0.0, 0.0].map(Some));
    assert_eq!(run.0.figure(Figure::DelayMean), Some((200.0 + 100.0 + 100.0) / 3.0));
}

#[test]
fn what_was_there_before_a_client_has_no_delay_and_is_not_lost() {
    let mut run = Run::default();
    run.publish(100, 1).publish(200, 2).publish(300, 3).start(250, 1, Cure::None).seqs(400, 1, 1, &[2, 3]);
    assert_eq!(run.figures([Figure::Delivered, Figure::Lost]), [2.0, 0.0].map(Some));
    assert_eq!(run.0.figure(Figure::DelayMax), Some(100.0));
    run.tell(450, 1, 0, Fact::Stopped).publish(500, 4);
    assert_eq!(run.0.figure_for(1, Figure::Published), Some(1.0));
    assert_eq!(run.0.figure(Figure::Published), Some(4.0));
}

#[test]
fn news_may_be_told_before_its_publication() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None)
        .board(500, 1, 1, 2)
        .seqs(900, 1, 2, &[4])
        .publish(100, 1)
        .publish(200, 2)
        .publish(400, 4);
    // The record of 3 never came.
    assert_eq!(run.0.figure(Figure::DelayMean), Some((400.0 + 300.0 + 500.0) / 3.0));
    assert_eq!(run.figures([Figure::Delivered, Figure::Lost]), [3.0, 1.0].map(Some));
}

#[test]
fn order_and_the_board() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None);
    for (exchange, version) in [(1, 1), (3, 3), (2, 2), (4, 3)] {
        run.board(0, 1, exchange, version).tell(0, 1, exchange, Fact::Shown { version });
    }
    assert_eq!(run.figures([Figure::OutOfOrder, Figure::TurnedBack]), [1.0, 1.0].map(Some));
    run.tell(0, 1, 3, Fact::Picked);
    assert_eq!(run.0.figure(Figure::PickedTurnedBack), Some(0.0), "the wrong one");
    run.tell(0, 1, 2, Fact::Picked).tell(0, 1, 2, Fact::Picked);
    assert_eq!(run.figures([Figure::PickedTurnedBack, Figure::PickedEmpty]), [1.0, 0.0].map(Some));
    run.seqs(0, 1, 5, &[]).tell(0, 1, 5, Fact::Picked);
    assert_eq!(run.0.figure(Figure::PickedEmpty), Some(1.0));
}

#[test]
fn bytes_of_empty_answers_in_any_order() {
    let mut run = Run::default();
    run.wire(1, 1, 200).seqs(0, 1, 1, &[]).seqs(0, 1, 2, &[]).wire(1, 2, 304).wire(1, 3, 200).seqs(0, 1, 3, &[1]);
    run.wire(1, 4, 200).tell(0, 1, 4, Fact::Ended { how: Ending::Aborted });
    run.tell(0, 1, 5, Fact::Ended { how: Ending::Failed }).wire(1, 5, 200);
    assert_eq!(run.figures([Figure::WastedBytes, Figure::NotModified]), [167.0 + 150.0, 1.0].map(Some));
    assert_eq!(run.figures([Figure::HeadUp, Figure::HeadDown, Figure::Payload]), [500.0, 250.0, 40.0].map(Some));
    assert_eq!(run.figures([Figure::Bytes, Figure::HeadPerPayload]), [818.0, 75.0].map(Some));
    assert_eq!(run.figures([Figure::Aborted, Figure::Connections, Figure::Requests]), [1.0, 1.0, 5.0].map(Some));
    let row = run.0.row(1).expect("it has a row");
    assert_eq!((row.sums.failed, row.sums.down.framing, row.sums.up.all()), (1, 28, 500));
}

#[test]
fn requests_without_a_client_are_in_no_total() {
    let mut run = Run::default();
    run.wire(0, 0, 200).tell(0, 0, 0, Fact::Unit { dir: Direction::Up, no: 9, unit: Unit::Opaque { bytes: 7 } });
    run.tell(0, 0, 0, Fact::Unit { dir: Direction::Up, no: 10, unit: Unit::End { how: Close::Fin } });
    assert_eq!(run.figures([Figure::Bytes, Figure::Requests, Figure::Connections]), [Some(0.0); 3]);
    assert_eq!(run.0.clientless().sums.up.all() + run.0.clientless().sums.down.all(), 174);
}

#[test]
fn jobs_arrive_once() {
    let percent = |percent| News { percent: Some(percent), ..News::default() };
    let told = |run: &mut Run, client, all: &[u8]| {
        for &part in all {
            run.tell(0, client, 0, Fact::Answered { status: 200, bytes: 1, news: percent(part) });
        }
    };
    let mut run = Run::default();
    told(&mut run, 1, &[0, 50, 100, 100]);
    let jobs = [Figure::JobsDone, Figure::JobResults];
    assert_eq!(run.figures(jobs), [1.0, 2.0].map(Some));
    run.tell(0, 0, 0, Fact::Job { job: 1, percent: 50 }).tell(0, 0, 0, Fact::Job { job: 1, percent: 100 });
    told(&mut run, 2, &[100]);
    assert_eq!(run.figures(jobs), [1.0, 3.0].map(Some), "another client with the same result");
    run.tell(0, 0, 0, Fact::Job { job: 2, percent: 100 });
    told(&mut run, 1, &[10, 100]);
    assert_eq!(run.figures(jobs), [2.0, 4.0].map(Some));
}

#[test]
fn checks_can_be_narrowed() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None).start(0, 2, Cure::Abort);
    run.tell(0, 1, 0, Fact::Skipped).tell(0, 2, 0, Fact::Skipped).tell(0, 2, 0, Fact::Skipped).tell(
        0,
        3,
        0,
        Fact::Skipped,
    );
    let all = check(Figure::Skipped, Some(4.0), None);
    let cured = Check { cure: Some(Cure::Abort), ..all.clone() };
    assert_eq!([&all, &cured].map(|check| run.0.figure_of(check)), [Some(4.0), Some(2.0)]);
    assert_eq!([&all, &cured].map(|check| run.0.holds(check)), [true, false]);
    assert_eq!([&all, &cured].map(|check| run.0.progress(check)), [1.0, 0.5]);
    let slow = Check { interval_from_ms: Some(1001), ..all.clone() };
    let board = Check { ask: Some(Ask::Board), interval_to_ms: Some(1000), ..all.clone() };
    assert_eq!([&slow, &board].map(|check| run.0.figure_of(check)), [Some(0.0), Some(3.0)]);
    assert_eq!(run.0.figure_for(2, Figure::Skipped), Some(2.0));
}

#[test]
fn progress_is_whole_only_when_the_check_holds() {
    for (check, value, progress) in [
        (check(Figure::Empty, Some(4.0), None), 3.0, 0.75),
        (check(Figure::Empty, Some(1000.0), None), 999.0, 0.99),
        (check(Figure::Empty, Some(4.0), Some(5.0)), 5.0, 1.0),
        (check(Figure::Empty, Some(4.0), Some(5.0)), 10.0, 0.5),
        (check(Figure::Empty, None, Some(0.0)), 0.0, 1.0),
        (check(Figure::Empty, None, Some(0.0)), 3.0, 0.0),
        (check(Figure::Empty, Some(4.0), None), 0.0, 0.0),
    ] {
        assert_eq!(check.progress(value), progress, "{check:?} {value}");
    }
    let mean = check(Figure::DelayMean, None, Some(500.0));
    let run = Run::default();
    assert!(!run.0.holds(&mean) && run.0.progress(&mean) == 0.0, "a mean of nothing meets nothing");
}

#[test]
fn a_run_begins_with_nothing() {
    let mut run = Run::default();
    run.start(0, 1, Cure::None).publish(0, 1).wire(1, 1, 200).seqs(0, 1, 1, &[1]).tell(
        0,
        0,
        0,
        Fact::Run { distance_ms: 0 },
    );
    assert_eq!(run.0, Ledger::default());
}

#[test]
fn given_up_rows_stay_in_the_totals() {
    let mut run = Run::default();
    run.publish(0, 1).publish(0, 2);
    let clients = ROWS as ClientNo + 10;
    for client in 1..=clients {
        run.start(-1, client, Cure::None).tell(
            0,
            client,
            1,
            Fact::Asked { method: String::new(), target: String::new() },
        );
        run.wire(client, 1, 200).seqs(100, client, 1, &[u64::from(client % 2) + 1]);
    }
    assert_eq!(run.0.rows().len(), ROWS);
    let clients = f64::from(clients);
    let figures = [Figure::Requests, Figure::Answers, Figure::Bytes, Figure::Delivered, Figure::Connections];
    assert_eq!(run.figures(figures), [clients, clients, 167.0 * clients, 2.0, clients].map(Some));
    assert_eq!(run.figures([Figure::Lost, Figure::DelayMean]), [clients / 2.0, 100.0].map(Some));
    run.seqs(100, 1, 2, &[]);
    assert_eq!((run.0.forgotten(), run.0.figure(Figure::Answers)), (1, Some(clients)));
}

/// A request's head on a connection of which it is the `nth`, and an answer's head that says this of the connection.
fn over(run: &mut Run, (client, exchange): (ClientNo, ExchangeNo), (conn, nth): (u32, u32), says: &str) {
    let (text, bytes) = (format!("HTTP/1.1 200 OK\nConnection: {says}"), 50);
    let head = RequestHead { method: String::new(), target: String::new(), nth, bytes: 100, text: String::new() };
    let answer = ResponseHead { status: 200, bytes, text, bodiless: true };
    for (dir, unit) in
        [(Direction::Up, Unit::RequestHead(Box::new(head))), (Direction::Down, Unit::ResponseHead(Box::new(answer)))]
    {
        let (client, exchange, fact) = (Some(client), Some(exchange), Fact::Unit { dir, no: nth, unit });
        run.0.apply(&Observation { at: 0, witness: Witness::Wire, client, exchange, conn: Some(conn), fact });
    }
}

fn closed(run: &mut Run, conn: u32, dir: Direction) {
    let fact = Fact::Closed { dir, how: Close::Fin, bytes_up: 1, bytes_down: 1 };
    let seen = Observation { at: 0, witness: Witness::Wire, client: None, exchange: None, conn: Some(conn), fact };
    run.0.apply(&seen);
}

#[test]
fn connections_are_new_or_used_and_end_for_a_reason() {
    let mut run = Run::default();
    for (client, closing) in [(1, false), (2, true)] {
        let settings = ClientSettings { closing, ..ClientSettings::new(Technique::Request) };
        run.tell(0, client, 0, Fact::Started { settings });
    }
    over(&mut run, (1, 1), (7, 1), "keep-alive");
    over(&mut run, (1, 2), (7, 2), "");
    over(&mut run, (2, 1), (8, 1), "Close");
    over(&mut run, (2, 2), (9, 1), "close");
    run.tell(0, 1, 2, Fact::Picked).tell(0, 2, 1, Fact::Picked).tell(0, 1, 1, Fact::Picked);
    let figures = [Figure::Reused, Figure::OpenedNew, Figure::SaidKeepAlive, Figure::SaidClose];
    assert_eq!(run.figures(figures), [1.0, 3.0, 1.0, 2.0].map(Some));
    assert_eq!(run.figures([Figure::PickedReused, Figure::PickedSaidClose]), [1.0, 1.0].map(Some));
    let closing = Check { closing: Some(true), ..Check::about(Figure::OpenedNew) };
    assert_eq!(run.0.figure_of(&closing), Some(2.0));

    // An answer said so; the client ended it; nobody of this run used it. Only the last is the server's own doing.
    closed(&mut run, 8, Direction::Down);
    closed(&mut run, 9, Direction::Up);
    closed(&mut run, 9, Direction::Down);
    closed(&mut run, 30, Direction::Down);
    assert_eq!(run.0.figure(Figure::ServerClosed), Some(0.0));
    closed(&mut run, 7, Direction::Down);
    closed(&mut run, 7, Direction::Down);
    assert_eq!(run.0.figure(Figure::ServerClosed), Some(1.0));
}

#[test]
fn a_visit_takes_as_long_as_its_last_answer() {
    let mut run = Run::default();
    let asked = || Fact::Asked { method: String::new(), target: String::new() };
    for client in [1, 2, 3] {
        let at = i64::from(client) * 1000;
        run.tell(at, client, 0, Fact::Started { settings: ClientSettings::new(Technique::Request) });
        run.tell(at, client, 1, asked()).seqs(at + 100, client, 1, &[]).tell(at + 100, client, 2, asked());
        if client < 3 {
            run.seqs(at + 200 + 50 * i64::from(client), client, 2, &[]);
        }
        run.tell(at + 300, client, 0, Fact::Stopped);
    }
    assert_eq!(run.0.figure(Figure::LoadTime), Some(300.0), "the third was given up: the second counts");
    assert_eq!(run.0.figure_for(1, Figure::LoadTime), Some(250.0));
    assert_eq!(run.0.figure_for(3, Figure::LoadTime), None);
    run.start(5000, 4, Cure::None).tell(5000, 4, 1, asked()).seqs(5001, 4, 1, &[]).tell(5002, 4, 0, Fact::Stopped);
    assert_eq!(run.0.figure(Figure::LoadTime), Some(300.0), "polls load no page");
}

#[test]
fn what_the_browser_sends_again_is_repeated() {
    let mut run = Run::default();
    run.tell(0, 1, 1, Fact::Asked { method: String::new(), target: String::new() });
    over(&mut run, (1, 1), (1, 2), "");
    assert_eq!(run.0.figure(Figure::Repeated), Some(0.0));
    over(&mut run, (1, 1), (2, 1), "");
    assert_eq!(run.0.figure(Figure::Repeated), Some(1.0));
}
