//! The selected exchange, exactly: its times by witness, its price, its bytes, what befell it, and where that is written.

use leptos::{either::Either, ev, html, prelude::*};

use super::{
    cause,
    draw::{Path, hue},
    fold::{Bytes, Exchange, ExchangeKey, Piece, Scene},
    inspector,
    mark::Outcome,
    pairs::loose_answer,
    quantity::{bytes, moment, number, span},
    reel::Reel,
    told::{Board, Carried, Told, Try},
    words::outcome,
};
use crate::{
    i18n::{t, tf},
    wire::{ConnNo, Direction, Ending, HoldEnd, Micros, Technique, UnitNo},
};

/// The drawer. Without a selection it says what to do; with one it can be closed, by Esc too.
#[component]
pub fn Details(
    /// The run.
    reel: Reel,
    /// The exchange.
    selected: RwSignal<Option<ExchangeKey>>,
    /// Whether faults are named; a reader may have to find out.
    named: Signal<bool>,
) -> impl IntoView {
    let close = move || selected.set(None);
    let body = NodeRef::<html::Div>::new();
    let sheet = Memo::new(move |_| {
        let key = selected.get()?;
        reel.track();
        let named = named.get();
        reel.with(|scene| Sheet::of(scene, key, named))
    });
    view! {
        <div
            class="pc-details"
            node_ref=body
            on:keydown=move |event: ev::KeyboardEvent| {
                if event.key() == "Escape" && selected.get_untracked().is_some() {
                    event.stop_propagation();
                    close();
                }
            }
        >
            {move || match sheet.get() {
                None => Either::Left(view! { <p class="pc-none">{t("picture.nothing_selected")}</p> }),
                Some(sheet) => Either::Right(sheet.view(Callback::new(move |()| close()))),
            }}
        </div>
    }
}

/// All that the drawer says, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    title: String,
    subtitle: String,
    hue: &'static str,
    times: Vec<(String, String)>,
    weight: Bytes,
    empty: bool,
    happened: Vec<String>,
    texts: Vec<(String, String)>,
    links: Vec<(&'static str, String)>,
    frames: Vec<inspector::FrameSheet>,
}

impl Sheet {
    /// The sheet of an exchange, if the scene has it; with the names of the faults that struck it, or without.
    pub fn of(scene: &Scene, key: ExchangeKey, named: bool) -> Option<Self> {
        let told = scene.story().get(key)?;
        let facts = scene.exchanges().get(&key)?;
        let t0 = told.main_try();
        let what = outcome(tf, &Outcome::of(told));
        let no = number(u64::from(key.number()));
        let title =
            if told.over().is_none() && told.finish().is_some() { "picture.title" } else { "picture.title_request" };
        let mut target = facts.asked.as_ref().map(|asked| (asked.what.method.clone(), asked.what.target.clone()));
        for t in &told.tries {
            let head = t.head_up.and_then(|no| scene.unit_seen(t.conn, Direction::Up, no)?.seen.as_ref());
            if let (None, Some(Piece::Request { asked, .. })) = (&target, head.map(|head| &head.what)) {
                target = Some((asked.method.clone(), asked.target.clone()));
            }
        }
        let mut subtitle = target.map(|(method, target)| format!("{method} {}", short(&target))).unwrap_or_default();
        if let Some(t) = t0 {
            let (conn, nth) = (number(u64::from(t.conn)), number(u64::from(t.nth)));
            subtitle.push_str(" · ");
            subtitle.push_str(&tf("picture.on_connection", &[("conn", &conn), ("nth", &nth)]));
        }
        let mut happened = happened(told, facts);
        if named {
            happened.extend(causes(scene, told, facts));
        }
        Some(Self {
            title: tf(title, &[("n", &no), ("what", &what)]),
            subtitle,
            hue: hue(told.technique),
            times: times(scene, told, t0),
            weight: told.bytes,
            empty: told.empty(),
            happened,
            texts: texts(scene, facts, told, t0),
            links: links(told),
            frames: inspector::latest(scene, facts),
        })
    }

    fn view(self, close: Callback<()>) -> impl IntoView {
        let times: Vec<_> =
            self.times.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect();
        let happened: Vec<_> = self.happened.into_iter().map(|said| view! { <li>{said}</li> }).collect();
        let texts: Vec<_> = self
            .texts
            .into_iter()
            .map(|(name, text)| {
                // The first line says what it is: it stands out.
                let first = text.find('\n').unwrap_or(text.len());
                let (first, rest) = text.split_at(first);
                let (first, rest) = (first.to_owned(), rest.to_owned());
                view! { <h5>{name}</h5><pre><b>{first}</b>{rest}</pre> }
            })
            .collect();
        let links: Vec<_> = self
            .links
            .into_iter()
            .map(|(address, name)| {
                view! { <li><a href=address rel="noreferrer" target="_blank">{name}</a></li> }
            })
            .collect();
        let nothing = happened.is_empty();
        view! {
            <div class=format!("pc-sheet {}", self.hue)>
                <div class="pc-sheet-top">
                    <h4>{self.title}</h4>
                    <button class="pc-close" aria-label=t("picture.close") title=t("picture.close") on:click=move |_| close.run(())>
                        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"></path></svg>
                    </button>
                </div>
                <p class="pc-where">{self.subtitle}</p>
                <dl>{times}</dl>
                <h5 hidden=nothing>{t("picture.happened")}</h5>
                <ul class="pc-happened" hidden=nothing>{happened}</ul>
                <h5>{t("picture.cost")}</h5>
                {cost(self.weight, self.empty)}
                {texts}
                {inspector::view(self.frames)}
                <h5>{t("picture.standard")}</h5>
                <ul class="pc-links">{links}</ul>
            </div>
        }
    }
}

/// The target without the lab's name, which says nothing to a reader.
fn short(target: &str) -> &str {
    target.strip_prefix("/l/").and_then(|rest| rest.split_once('/')).map_or(target, |(_, rest)| rest)
}

fn times(scene: &Scene, told: &Told, t0: Option<&Try>) -> Vec<(String, String)> {
    let start = scene.start();
    let mut seen: Vec<(&str, Option<Micros>)> = vec![
        ("picture.sent_by_browser", told.asked),
        ("picture.seen_on_wire", t0.and_then(|t| t.up_seen)),
        ("picture.reached_server", t0.and_then(|t| t.up_released)),
        ("picture.held_since", told.hold.map(|hold| hold.from)),
        ("picture.answer_ready", told.answering),
        ("picture.answer_on_wire", t0.and_then(|t| t.down_seen)),
        ("picture.answer_left", t0.and_then(|t| t.down_released)),
        ("picture.back_in_browser", told.answered),
        ("picture.ended_at", told.over()),
    ];
    // What was to be seen and was not is told last.
    seen.retain(|(key, at)| {
        at.is_some()
            || matches!(*key, "picture.sent_by_browser" | "picture.seen_on_wire")
            || (*key == "picture.back_in_browser" && told.over().is_none() && !told.stream)
    });
    seen.sort_by_key(|(_, at)| at.unwrap_or(Micros::MAX));
    let when = |at: Option<Micros>| at.map_or_else(|| t("picture.unseen"), |at| moment(at - start));
    let mut list: Vec<(String, String)> = seen.into_iter().map(|(key, at)| (t(key), when(at))).collect();
    if let Some(took) = told.took() {
        list.push((t("picture.took"), span(took)));
    }
    if let Some(error) = scene.clock_error(told.start()) {
        list.push((t("picture.of_clock"), format!("±{}", span(error))));
    }
    list
}

/// The faults that struck it, each once, in their own words.
fn causes(scene: &Scene, told: &Told, facts: &Exchange) -> Vec<String> {
    let at_server = facts.held.iter().map(|held| (held.at, held.what.0));
    let struck = facts.struck.iter().map(|struck| (struck.at, struck.what));
    let on_way = told.tries.iter().flat_map(|t| [t.up_dropped, t.down_dropped]).flatten();
    let mut by: Vec<_> = at_server.chain(struck).chain(on_way).collect();
    by.sort_by_key(|(at, by)| (*by, *at));
    by.dedup_by_key(|(_, by)| *by);
    let faults = by.into_iter().filter_map(|(at, by)| scene.fault(by, at));
    faults.map(|fault| tf("picture.happened_by", &[("fault", &cause::describe(fault))])).collect()
}

fn happened(told: &Told, facts: &Exchange) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(held) = told.held {
        let time = held.until.map_or(held.planned, |until| until - held.from);
        said.push(tf("picture.happened_held", &[("time", &span(time))]));
    }
    if let Some((from, (until, how))) = told.hold.and_then(|hold| Some((hold.from, hold.until?))) {
        let key = match how {
            HoldEnd::News => "picture.happened_hold",
            HoldEnd::Expired => "picture.happened_expired",
            HoldEnd::Freed => "picture.happened_freed",
        };
        said.push(tf(key, &[("time", &span(until - from))]));
    }
    if let Some((_, version, Board::Back(from))) = told.shown {
        said.push(tf("picture.happened_back", &[("from", &number(from)), ("n", &number(version))]));
    }
    if let Some((_, version)) = told.ignored {
        said.push(tf("picture.happened_ignored", &[("n", &number(version))]));
    }
    // Where connections are the subject, it is said of each request which it had.
    if let Some(t) = told.main_try().filter(|_| told.technique == Some(Technique::Request)) {
        said.push(match t.nth {
            1 => tf("picture.happened_new", &[("conn", &number(u64::from(t.conn)))]),
            nth => {
                tf("picture.happened_used", &[("conn", &number(u64::from(t.conn))), ("nth", &number(u64::from(nth)))])
            }
        });
        if t.closes {
            said.push(crate::i18n::t("picture.happened_last"));
        }
    }
    for (shut, key) in told.shut.iter().zip(["picture.happened_shut_browser", "picture.happened_shut_server"]) {
        if let Some((_, code, _)) = shut {
            said.push(tf(key, &[("n", &number(u64::from(*code)))]));
        }
    }
    let unsent = told.shut.iter().flatten().any(|(_, code, _)| matches!(code, 1005 | 1006));
    let pings = told.messages.iter().any(|message| matches!(message.what, Carried::Ping | Carried::Pong));
    let dropped = told.messages.iter().any(|message| message.dropped.is_some()) && told.status == Some(101)
        || told.tries.iter().any(|t| t.up_dropped.is_some() || t.down_dropped.is_some());
    let t0 = told.main_try();
    let early = |from: Option<Micros>, to: Option<Micros>| from.zip(to).is_some_and(|(from, to)| to < from);
    let level =
        early(told.asked, t0.and_then(|t| t.up_released)) || early(t0.and_then(|t| t.down_whole), told.answered);
    for (holds, key) in [
        (told.out_of_order, "picture.happened_order"),
        (told.ended.is_some_and(|end| end.1 == Ending::Aborted), "picture.happened_aborted"),
        (told.ended.is_some_and(|end| end.1 == Ending::Failed), "picture.happened_failed"),
        (!facts.struck.is_empty(), "picture.happened_struck"),
        (told.broken > 0, "picture.happened_broken"),
        (unsent, "picture.happened_unsent"),
        (pings, "picture.happened_pings"),
        (dropped, "picture.happened_swallowed"),
        (told.tries.iter().any(|t| t.cut.is_some()), "picture.happened_cut"),
        (told.tries.len() > 1, "picture.happened_again"),
        (told.status == Some(304), "picture.happened_304"),
        (level, "picture.happened_level"),
    ] {
        if holds {
            said.push(t(key));
        }
    }
    said
}

/// How many pieces of a stream the sheet shows: the latest.
const PIECES: usize = 40;

fn texts(scene: &Scene, facts: &Exchange, told: &Told, t0: Option<&Try>) -> Vec<(String, String)> {
    let Some(t0) = t0 else { return Vec::new() };
    let text = |dir: Direction, no: Option<u32>| {
        let seen = scene.unit_seen(t0.conn, dir, no?)?.seen.as_ref()?;
        match &seen.what {
            Piece::Request { text, .. } | Piece::Response { text, .. } | Piece::Body { text, .. } => {
                Some(text.to_string())
            }
            Piece::Frame(_) | Piece::Other => None,
        }
    };
    let mut list = Vec::with_capacity(2);
    if let Some(up) = text(Direction::Up, t0.head_up) {
        list.push((t("picture.bytes_up"), up));
    }
    if let Some(mut down) = text(Direction::Down, t0.head_down) {
        if t0.status == Some(101) {
            // The frames that follow have a place of their own.
        } else if told.stream {
            down.push_str(&stream(scene, facts, told));
        } else if let Some(body) = text(Direction::Down, t0.body_down) {
            down.push_str("\n\n");
            down.push_str(&body);
        }
        list.push((t("picture.bytes_down"), down));
    }
    list
}

/// The bytes of a stream so far, line by line; its beginning goes first when there is too much.
fn stream(scene: &Scene, facts: &Exchange, told: &Told) -> String {
    let downs = match told.key {
        ExchangeKey::Loose { conn, nth } => loose_answer(scene, conn, nth),
        ExchangeKey::Client { .. } => facts.downs.clone(),
    };
    let text = |&(conn, no): &(ConnNo, UnitNo)| match &scene.unit_seen(conn, Direction::Down, no)?.seen.as_ref()?.what {
        Piece::Body { text, .. } => Some(text.to_string()),
        _ => None,
    };
    let pieces: Vec<String> = downs.iter().filter_map(text).collect();
    let left_out = pieces.len().saturating_sub(PIECES);
    let beginning = if left_out > 0 { "\n\n…\n" } else { "\n\n" };
    beginning.to_owned() + &pieces[left_out..].concat()
}

fn links(told: &Told) -> Vec<(&'static str, String)> {
    let mut list =
        vec![("https://www.rfc-editor.org/rfc/rfc9112#section-3", "RFC 9112 §3", "picture.rfc_request_line")];
    if told.status.is_some() {
        list.push(("https://www.rfc-editor.org/rfc/rfc9112#section-4", "RFC 9112 §4", "picture.rfc_status_line"));
    }
    if told.status == Some(101) {
        list.extend([
            ("https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2", "RFC 6455 §4.2.2", "picture.rfc_accept"),
            ("https://www.rfc-editor.org/rfc/rfc6455#section-5.2", "RFC 6455 §5.2", "picture.rfc_frame"),
            ("https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1", "RFC 6455 §7.4.1", "picture.rfc_codes"),
        ]);
    } else if told.stream {
        list.push((
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream",
            "WHATWG HTML §9.2.5",
            "picture.rfc_stream",
        ));
    }
    if told.status == Some(304) {
        list.push(("https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5", "RFC 9110 §15.4.5", "picture.rfc_304"));
    } else if told.status.is_some_and(|status| status != 101) {
        list.push(("https://www.rfc-editor.org/rfc/rfc9112#section-6.3", "RFC 9112 §6.3", "picture.rfc_body"));
    }
    if told.out_of_order || told.turned_back().is_some() {
        list.push(("https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2", "RFC 9112 §9.3.2", "picture.rfc_order"));
    }
    if told.tries.len() > 1 {
        list.push(("https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2", "RFC 9110 §9.2.2", "picture.rfc_retry"));
    }
    if told.technique == Some(Technique::Request) {
        list.push(("https://www.rfc-editor.org/rfc/rfc9112#section-9.3", "RFC 9112 §9.3", "picture.rfc_persistence"));
    }
    if told.tries.iter().any(|t| t.cut.is_some()) {
        list.push(("https://www.rfc-editor.org/rfc/rfc9112#section-9.5", "RFC 9112 §9.5", "picture.rfc_close"));
    }
    list.into_iter().map(|(address, place, key)| (address, format!("{place} · {}", t(key)))).collect()
}

/// What an exchange weighed, as one bar and in numbers.
fn cost(weight: Bytes, empty: bool) -> impl IntoView {
    let payload = if empty { "picture.cost_payload_empty" } else { "picture.cost_payload" };
    let parts = [
        ("pc-cost-up", weight.head_up, "picture.cost_head_up"),
        ("pc-cost-down", weight.head_down, "picture.cost_head_down"),
        ("pc-cost-framing", weight.framing, "picture.cost_framing"),
        ("pc-cost-payload", weight.payload, payload),
    ];
    let all = weight.total().max(1) as f32;
    let mut x = 0.0;
    let mut bars = Vec::with_capacity(4);
    let mut legend = Vec::with_capacity(4);
    for (class, part, key) in parts.into_iter().filter(|part| part.1 > 0) {
        // Two units more than its share, or a few bytes of payload could not be seen at all.
        let wide = 2.0 + part as f32 / all * 292.0;
        let mut d = Path(String::new());
        d.line(x, 5.0, x + wide, 5.0);
        x += wide;
        bars.push(view! { <path class=class d=d.0></path> });
        legend.push(
            view! {
                <li>
                    <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><path class=class d="M0 5H10"></path></svg>
                    {format!("{} ", bytes(part))}
                    <span>{t(key)}</span>
                </li>
            },
        );
    }
    view! {
        <svg class="pc-cost" viewBox="0 0 300 10" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
        <ul class="pc-legend">{legend} <li><b>{tf("picture.cost_all", &[("bytes", &bytes(weight.total()))])}</b></li></ul>
    }
}
