//! Labels in the reader's language. The keys are those of `lessons/locale/*/picture.toml`.

use super::{
    mark::{Label, Outcome},
    narrate::Sentence,
    quantity::{bytes, number, span, tick},
    told::{Brought, Carried},
};
use crate::wire::{Close, Ending, HoldEnd, observation::LifeState};

/// Looks a key up and fills in values, like [`crate::i18n::tf`].
pub type Say = fn(&str, &[(&str, &str)]) -> String;

/// The words of a label; shorter where there is little room.
pub fn words(say: Say, label: &Label, narrow: bool) -> String {
    let n = |key: &str, value: u64| say(key, &[("n", &number(value))]);
    match label {
        Label::Time(at) => tick(*at),
        Label::NothingNew => say("picture.nothing_new", &[]),
        Label::NotModified => say("picture.not_modified", &[]),
        Label::Update(seq) | Label::Published(seq) => {
            n(if narrow { "picture.update_short" } else { "picture.update" }, *seq)
        }
        Label::Updates(first, last, count) => say(
            "picture.updates",
            &[("first", &number(*first)), ("last", &number(*last)), ("n", &number(u64::from(*count)))],
        ),
        Label::PublishedMany(first, last) => {
            let key = if narrow { "picture.published_many_short" } else { "picture.published_many" };
            say(key, &[("first", &number(*first)), ("last", &number(*last))])
        }
        Label::List(version) => n("picture.list", *version),
        Label::OldList(version) => n("picture.old_list", *version),
        Label::Percent(percent) => n("picture.percent", u64::from(*percent)),
        Label::Finished => say("picture.finished", &[]),
        Label::Status(status) => n("picture.status", u64::from(*status)),
        Label::Answer => say("picture.answer", &[]),
        Label::StreamOpens => say("picture.stream_opens", &[]),
        Label::Message => say("picture.message", &[]),
        Label::SocketOpens => say("picture.socket_opens", &[]),
        Label::Frame(what) => frame(say, *what),
        Label::Shut(code) => n("picture.shut", u64::from(*code)),
        Label::Life(state) => say(life(*state), &[]),
        Label::Held(micros, _) if narrow => span(*micros),
        Label::Held(micros, how) => {
            let key = match how {
                Some(HoldEnd::Expired) => "picture.held_expired",
                Some(HoldEnd::Freed) => "picture.held_freed",
                Some(HoldEnd::News) | None => "picture.held",
            };
            say(key, &[("time", &span(*micros))])
        }
        Label::HeldBack(micros) if narrow => span(*micros),
        Label::HeldBack(micros) => say("picture.held_back", &[("time", &span(*micros))]),
        Label::Shows(version) => n(if narrow { "picture.shows_short" } else { "picture.shows" }, *version),
        Label::GoesBack(version) => n(if narrow { "picture.goes_back_short" } else { "picture.goes_back" }, *version),
        Label::Ignored(version) => n(if narrow { "picture.ignored_short" } else { "picture.ignored" }, *version),
        Label::Ended(how) => say(ended(*how), &[]),
        Label::NeverOnWire => say("picture.never_on_wire", &[]),
        Label::NotSeen => say("picture.not_seen", &[]),
        Label::Swallowed => say("picture.swallowed", &[]),
        Label::Cut(how) => say(cut(*how), &[]),
        Label::NobodyWaits => say("picture.nobody_waits", &[]),
        Label::SentAgain => say("picture.sent_again", &[]),
        Label::Outside => say("picture.outside", &[]),
        Label::Level => say("picture.level", &[]),
        Label::EmptyPolls(count, weight) => {
            let key = if narrow { "picture.empty_polls_short" } else { "picture.empty_polls" };
            say(key, &[("n", &number(u64::from(*count))), ("bytes", &bytes(*weight))])
        }
        Label::FoldAgain(count) => n("picture.fold_again", u64::from(*count)),
        Label::More(count) => n("picture.more", u64::from(*count)),
        Label::Idle(micros) => say("picture.idle", &[("time", &span(*micros))]),
        Label::Hidden => say(if narrow { "picture.hidden_short" } else { "picture.hidden" }, &[]),
        Label::Visible => say(if narrow { "picture.visible_short" } else { "picture.visible" }, &[]),
        Label::Skipped => say(if narrow { "picture.skipped_short" } else { "picture.skipped" }, &[]),
        Label::Started(client, interval) => {
            let key = if narrow { "picture.started_short" } else { "picture.started" };
            say(key, &[("n", &number(u64::from(*client))), ("time", &span(i64::from(*interval) * 1000))])
        }
        Label::StartedStream(client) => {
            n(if narrow { "picture.started_short" } else { "picture.started_stream" }, u64::from(*client))
        }
        Label::StartedSocket(client) => {
            n(if narrow { "picture.started_short" } else { "picture.started_socket" }, u64::from(*client))
        }
        Label::StartedHold(client, hold) => {
            let key = if narrow { "picture.started_short" } else { "picture.started_hold" };
            say(key, &[("n", &number(u64::from(*client))), ("time", &span(i64::from(*hold) * 1000))])
        }
        Label::Stopped(client) => {
            n(if narrow { "picture.stopped_short" } else { "picture.stopped" }, u64::from(*client))
        }
        Label::Faults(1) => say("picture.fault", &[]),
        Label::Faults(count) => n("picture.faults", u64::from(*count)),
        Label::Struck => say(if narrow { "picture.struck_short" } else { "picture.struck" }, &[]),
        Label::Missed => say("picture.missed", &[]),
        Label::Turned => say("picture.turned", &[]),
        Label::Mended => say("picture.mended", &[]),
        Label::Distance(ms) => say("picture.distance_is", &[("time", &span(i64::from(*ms) * 1000))]),
        Label::Visit(client) => n("picture.visit", u64::from(*client)),
        Label::OnConnection(conn, nth) => {
            let key = match (*nth > 1, narrow) {
                (false, false) => "picture.on_new",
                (false, true) => "picture.on_new_short",
                (true, false) => "picture.on_used",
                (true, true) => "picture.on_used_short",
            };
            say(key, &[("conn", &number(u64::from(*conn))), ("nth", &number(u64::from(*nth)))])
        }
        Label::ServerCloses(1, conn) => n("picture.server_closes", u64::from(*conn)),
        Label::ServerCloses(count, _) => n("picture.server_closes_many", u64::from(*count)),
        Label::BrowserCloses(1, conn) => n("picture.browser_closes", u64::from(*conn)),
        Label::BrowserCloses(count, _) => n("picture.browser_closes_many", u64::from(*count)),
        Label::Unnoticed(micros) if narrow => span(*micros),
        Label::Unnoticed(micros) => say("picture.unnoticed", &[("time", &span(*micros))]),
        Label::KeepAlive(ms) => say("picture.keep_alive_is", &[("time", &span(i64::from(*ms) * 1000))]),
        Label::Summary(no, what, took) => {
            let what = outcome(say, what);
            let no = number(u64::from(*no));
            match took {
                Some(took) => {
                    say("picture.summary", &[("n", no.as_str()), ("what", what.as_str()), ("time", &span(*took))])
                }
                None => say("picture.summary_open", &[("n", no.as_str()), ("what", what.as_str())]),
            }
        }
    }
}

/// What became of an exchange, in a few words.
pub fn outcome(say: Say, what: &Outcome) -> String {
    let label = match what {
        Outcome::UnderWay => return say("picture.under_way", &[]),
        Outcome::Swallowed => Label::Swallowed,
        Outcome::Ended(how) => Label::Ended(*how),
        Outcome::Shut(code) => Label::Shut(*code),
        Outcome::GoesBack(version) => Label::GoesBack(*version),
        Outcome::Ignored(version) => Label::Ignored(*version),
        Outcome::Status(status) => Label::Status(*status),
        Outcome::Brought(Brought::Nothing) => Label::NothingNew,
        Outcome::Brought(Brought::Updates { first, count: 1, .. }) => Label::Update(*first),
        Outcome::Brought(Brought::Updates { first, last, count }) => Label::Updates(*first, *last, *count),
        Outcome::Brought(Brought::List(version)) => Label::List(*version),
        Outcome::Brought(Brought::Percent(100)) => Label::Finished,
        Outcome::Brought(Brought::Percent(percent)) => Label::Percent(*percent),
        Outcome::Brought(Brought::Unknown) => Label::Answer,
    };
    words(say, &label, false)
}

fn ended(how: Ending) -> &'static str {
    match how {
        Ending::Aborted => "picture.aborted",
        Ending::Failed => "picture.failed",
    }
}

/// What a frame carries, in a word or two.
pub fn frame(say: Say, what: Carried) -> String {
    let key = match what {
        Carried::Event | Carried::Text => "picture.frame_text",
        Carried::Beat => "picture.frame_beat",
        Carried::Binary => "picture.frame_binary",
        Carried::Part => "picture.frame_part",
        Carried::Ping => "picture.frame_ping",
        Carried::Pong => "picture.frame_pong",
        // A frame without a code says only that it is one; the number stands for that and is never sent.
        Carried::Close(1005) => "picture.frame_close_bare",
        Carried::Close(code) => return say("picture.frame_close", &[("n", &number(u64::from(code)))]),
    };
    say(key, &[])
}

fn life(state: LifeState) -> &'static str {
    match state {
        LifeState::Connecting => "picture.life_connecting",
        LifeState::Open => "picture.life_open",
        LifeState::Suspect => "picture.life_suspect",
        LifeState::Dead => "picture.life_dead",
        LifeState::Waiting => "picture.life_waiting",
        LifeState::Reconnecting => "picture.life_reconnecting",
    }
}

fn cut(how: Close) -> &'static str {
    match how {
        Close::Fin => "picture.cut_fin",
        Close::Rst => "picture.cut_rst",
    }
}

/// A sentence of the narration.
pub fn sentence(say: Say, sentence: &Sentence) -> String {
    let n = |value: &u32| number(u64::from(*value));
    match sentence {
        Sentence::Start(ms) => say("picture.say_start", &[("time", &span(i64::from(*ms) * 1000))]),
        Sentence::Empty(no) => say("picture.say_empty", &[("n", &n(no))]),
        Sentence::Empties(count, weight) => say("picture.say_empties", &[("n", &n(count)), ("bytes", &bytes(*weight))]),
        Sentence::News(no, what, took) => {
            say("picture.say_news", &[("n", &n(no)), ("what", &outcome(say, what)), ("time", &span(*took))])
        }
        Sentence::Shows(version) => say("picture.say_shows", &[("n", &number(*version))]),
        Sentence::Back(from, to, no) => {
            say("picture.say_back", &[("from", &number(*from)), ("n", &number(*to)), ("no", &n(no))])
        }
        Sentence::Ignored(no) => say("picture.say_ignored", &[("n", &n(no))]),
        Sentence::Ended(no, Ending::Aborted) => say("picture.say_aborted", &[("n", &n(no))]),
        Sentence::Ended(no, Ending::Failed) => say("picture.say_failed", &[("n", &n(no))]),
        Sentence::Held(no, micros) => say("picture.say_held", &[("n", &n(no)), ("time", &span(*micros))]),
        Sentence::Status(no, status) => {
            say("picture.say_status", &[("n", &n(no)), ("status", &number(u64::from(*status)))])
        }
        Sentence::Published(first, last) if first == last => say("picture.say_published", &[("n", &number(*first))]),
        Sentence::Published(first, last) => {
            say("picture.say_published_many", &[("first", &number(*first)), ("last", &number(*last))])
        }
        Sentence::Shut(no, code) => say("picture.say_shut", &[("n", &n(no)), ("code", &number(u64::from(*code)))]),
        Sentence::Life(state) => say("picture.say_life", &[("state", &say(life(*state), &[]))]),
        Sentence::Swallowed(no) => say("picture.say_swallowed", &[("n", &n(no))]),
        Sentence::UnderWay(no) => say("picture.say_under_way", &[("n", &n(no))]),
    }
}
