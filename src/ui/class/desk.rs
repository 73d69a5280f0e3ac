//! The desk: the roster, the step with its plan and its vote, and everything that can be done to the class.

use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{ask, class_path, field},
    parts::{press, twice},
    room::{Room, clock},
    roster, steer, vote,
};
use crate::{
    class::{
        ReaderNo,
        order::{Face, Order, Phase, Whom},
    },
    client::browser,
    i18n::{t, tf},
};

/// How long a hand-over link stays in sight, in milliseconds.
const SEEN_MS: u32 = 60_000;

/// The desk.
pub fn view(room: Room) -> AnyView {
    room.open(Face::Desk);
    let picked = RwSignal::new(None::<ReaderNo>);
    // Who was picked may have left.
    Effect::new(move |_| {
        room.moved.track();
        if picked.get_untracked().is_some_and(|no| room.row(no).is_none()) {
            picked.set(None);
        }
    });
    let whom = RwSignal::new(Whom::All);
    view! {
        <div class="desk" data-standing=move || room.standing.get().name() data-closed=room.share(|common| common.closed.to_string())>
            {bar(room)}
            {roster::view(room, picked)}
            <div class="middle">{step(room)} {plan(room)}</div>
            <div class="side">
                <section aria-labelledby="net-title">
                    <h2 id="net-title">{t("class.network")}</h2>
                    {steer::labs(room)} <p class="tools">{publish(room)}</p>
                    {steer::banner(room)}
                    {steer::scope(room, picked, whom)}
                    {steer::scenarios(room, whom.into(), false)}
                    {steer::kinds(room, whom.into())}
                </section>
                {steer::halves(room)}
                {manage(room)}
            </div>
        </div>
    }
    .into_any()
}

/// How the link is and who drives; what was refused.
pub fn standing(room: Room) -> AnyView {
    let words = move || match room.standing.get() {
        super::link::Standing::Connecting => t("class.connecting"),
        super::link::Standing::Live if room.common.with(|common| common.closed) => t("class.is_closed"),
        super::link::Standing::Live => String::new(),
        super::link::Standing::Away => t("class.away"),
        super::link::Standing::Gone => t("class.gone"),
    };
    let other = room.of(|desk| desk.driven && !desk.drives);
    let mine = room.of(|desk| desk.drives && desk.desks > 1);
    view! {
        <div class="state">
            <p role="status" hidden=move || words().is_empty()>{words}</p>
            <p class="wheel" role="status" hidden=move || !other.get()>
                {t("class.other_drives")}
                <button type="button" class="pill" on:click=move |_| room.order(Order::Drive)>
                    {t("class.drive")}
                </button>
            </p>
            <p class="wheel mine" hidden=move || !mine.get()>{t("class.you_drive")}</p>
            <p role="alert" hidden=move || room.refused.with(String::is_empty)>{move || room.refused.get()}</p>
        </div>
    }
    .into_any()
}

fn bar(room: Room) -> AnyView {
    let present = room.share(|common| common.present);
    let walls = room.of(|desk| desk.walls);
    let said = move || {
        let (present, walls) = (present.get().to_string(), walls.get().to_string());
        tf("class.here_walls", &[("n", &present), ("walls", &walls)])
    };
    let wall = room.page("wall");
    view! {
        <header class="desk-bar">
            <h1><span class="hidden">{t("class.desk")}</span> <b class="class-code">{room.spaced()}</b></h1>
            <span class="here">{said}</span>
            {time(room)}
            {standing(room)}
            <div class="tools">
                {phases(room)}
                <a class="pill" href=wall target="_blank">{t("class.open_wall")}</a>
                {twice(t("class.panic"), t("class.panic_sure"), move || room.may(), move || room.order(Order::Panic))}
            </div>
        </header>
    }
    .into_any()
}

/// The timer: what has passed since the first step, against the plan.
fn time(room: Room) -> AnyView {
    let started = room.of(|desk| desk.started);
    let step = room.step();
    let passed = move || Some(started.get()).filter(|started| *started > 0).map(|started| room.since(started));
    let words = move || passed().map(clock).unwrap_or_default();
    let planned = move || {
        let (passed, step) = (passed()?, step.get());
        let (_, until) = room.setup.with_value(|setup| setup.planned(&step))?;
        let late = (passed / 60_000.0).floor() - f64::from(until);
        let (key, minutes) = if late > 0.0 { ("class.late", late) } else { ("class.until", f64::from(until)) };
        Some((tf(key, &[("n", &format!("{minutes:.0}"))]), late > 0.0))
    };
    view! {
        <span class="timer" role="timer" data-late=move || planned().is_some_and(|(_, late)| late).to_string() hidden=move || passed().is_none()>
            <b>{words}</b>
            <small>{move || planned().map(|(words, _)| words).unwrap_or_default()}</small>
        </span>
    }
    .into_any()
}

fn phases(room: Room) -> AnyView {
    let now = room.phase();
    let all = [
        (Phase::Lobby, "lobby", "class.phase_lobby"),
        (Phase::Before, "before", "class.phase_before"),
        (Phase::Lessons, "lessons", "class.phase_lessons"),
        (Phase::After, "after", "class.phase_after"),
    ];
    let options = all
        .map(|(phase, name, key)| view! { <option value=name selected=move || now.get() == phase>{t(key)}</option> });
    let choose = move |event| {
        let chosen = event_target_value(&event);
        if let Some((phase, ..)) = all.iter().find(|(_, name, _)| *name == chosen) {
            room.order(Order::Enter { phase: *phase });
        }
    };
    view! {
        <label class="control">
            <span class="hidden">{t("class.phase")}</span>
            <select disabled=move || !room.may() on:change=choose>
                {options.into_iter().collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// Goes to a step, and from the lobby or a quiz to the lessons with it.
pub fn go(room: Room, step: String) {
    if room.common.with_untracked(|common| common.phase != Phase::Lessons) {
        room.order(Order::Enter { phase: Phase::Lessons });
    }
    room.order(Order::Step { step });
}

/// The buttons to the step before and the step after.
pub fn turn(room: Room, forward: bool) -> AnyView {
    let step = room.step();
    let to = Memo::new(move |_| {
        let step = step.get();
        room.setup.with_value(|setup| {
            let (before, after) = setup.beside(&step);
            if forward { after } else { before }.map(|line| (line.name.clone(), line.title.clone()))
        })
    });
    let (key, class) = if forward { ("class.next", "pill next") } else { ("class.previous", "pill previous") };
    view! {
        <button
            type="button"
            class=class
            title=move || to.get().map(|(_, title)| title)
            disabled=move || !room.may() || to.with(Option::is_none)
            on:click=move |_| to.get_untracked().into_iter().for_each(|(name, _)| go(room, name))
        >
            {t(key)}
        </button>
    }
    .into_any()
}

fn step(room: Room) -> AnyView {
    let step = room.step();
    let (since, phase) = (room.share(|common| common.since), room.phase());
    let groups = room.setup.with_value(|setup| {
        let lessons = setup.steps.chunk_by(|a, b| a.lesson == b.lesson);
        let group = |lines: &[super::setup::Line]| {
            let options = lines.iter().map(|line| {
                let name = line.name.clone();
                view! { <option value=line.name.clone() selected=move || step.with(|step| *step == name)>{line.title.clone()}</option> }
            });
            view! { <optgroup label=lines[0].lesson.clone()>{options.collect_view()}</optgroup> }
        };
        lessons.map(group).collect_view()
    });
    let choose = move |event| {
        let chosen = event_target_value(&event);
        if !chosen.is_empty() {
            go(room, chosen);
        }
    };
    let lasted = move || match step.with(String::is_empty) || phase.get() != Phase::Lessons {
        true => String::new(),
        false => clock(room.since(since.get())),
    };
    let minutes = move || {
        let minutes = step.with(|step| room.line(step, |line| line.minutes));
        minutes.map(|minutes| tf("class.of_minutes", &[("n", &minutes.to_string())])).unwrap_or_default()
    };
    let content = move || match room.part.get() {
        _ if matches!(phase.get(), Phase::Before | Phase::After) => vote::quiz(room),
        None => view! { <p class="none">{t("class.no_step")}</p> }.into_any(),
        Some(part) => {
            let vote = vote::desk(room, &part);
            let recording =
                part.recording.map(|href| view! { <a href=href target="_blank">{t("class.recording")}</a> });
            view! {
                <h3 class="step-title"><a href=part.page target="_blank" inner_html=part.title></a></h3>
                <p class="more-links">{recording}</p>
                <div class="do text" inner_html=part.run></div>
                {vote}
                <details class="teacher" open>
                    <summary>{t("class.teacher")}</summary>
                    <div class="text" inner_html=part.teacher></div>
                </details>
            }
            .into_any()
        }
    };
    view! {
        <section class="step" aria-labelledby="step-title">
            <header>
                <h2 id="step-title">{t("class.step")}</h2>
                <span class="timer"><b>{lasted}</b> <small>{minutes}</small></span>
            </header>
            <p class="tools">
                {turn(room, false)}
                <label class="control">
                    <span class="hidden">{t("class.choose_step")}</span>
                    <select disabled=move || !room.may() on:change=choose>
                        <option value="" selected=move || step.with(String::is_empty)>{t("class.choose_step")}</option>
                        {groups}
                    </select>
                </label>
                {turn(room, true)}
            </p>
            {content}
        </section>
    }
    .into_any()
}

/// The plan of ninety minutes. After each lesson is a place where a class may stop.
fn plan(room: Room) -> AnyView {
    let step = room.step();
    let none = Memo::new(move |_| step.with(String::is_empty));
    let lines = room.setup.with_value(|setup| {
        let planned: Vec<_> = setup.plan.iter().filter_map(|place| setup.steps.get(usize::from(*place)).cloned()).collect();
        let mut minutes = 0;
        let mut out = Vec::new();
        for lesson in planned.chunk_by(|a, b| a.lesson == b.lesson) {
            for line in lesson {
                let (name, begins) = (line.name.clone(), minutes);
                minutes += line.minutes;
                let here = {
                    let name = name.clone();
                    move || step.with(|step| *step == name)
                };
                let current = here.clone();
                out.push(view! {
                    <li aria-current=move || current().then_some("step")>
                        <span>{tf("class.minute", &[("n", &begins.to_string())])}</span>
                        <button type="button" class="quiet" disabled=move || !room.may() || here() on:click=move |_| go(room, name.clone())>
                            {line.title.clone()}
                        </button>
                        <span>{tf("class.minutes", &[("n", &line.minutes.to_string())])}</span>
                    </li>
                }
                .into_any());
            }
            out.push(view! { <li class="stop"><span>{tf("class.minute", &[("n", &minutes.to_string())])}</span> {t("class.stop_point")}</li> }.into_any());
        }
        out
    });
    view! {
        <details class="plan" open=move || none.get()>
            <summary>{t("class.plan")}</summary>
            <p>{t("class.plan_text")}</p>
            <ol>{lines}</ol>
        </details>
    }
    .into_any()
}

/// Joining, handing over, the room's network, the end.
fn manage(room: Room) -> AnyView {
    let alone = room.share(|common| common.alone);
    let turn = move |_| room.order(Order::Alone { alone: !alone.get_untracked() });
    let qr = class_path(&room.code(), "/qr.svg");
    view! {
        <section class="manage" aria-labelledby="manage-title">
            <h2 id="manage-title">{t("class.class")}</h2>
            <details class="join">
                <summary>{t("class.how_to_join")}</summary>
                <img src=qr alt=t("class.qr") width="180" height="180" loading="lazy" />
                {address(room)}
            </details>
            {hand_over(room)}
            <p class="tools">
                <button type="button" class="pill" aria-pressed=move || alone.get().to_string() disabled=move || !room.may() on:click=turn>
                    {t("class.alone")}
                </button>
                <a class="pill" href=room.page("report") target="_blank">{t("class.report")}</a>
                {twice(t("class.close"), t("class.close_sure"), move || room.may(), move || room.order(Order::Close))}
            </p>
            <p class="none" hidden=move || !alone.get()>{t("class.alone_text")}</p>
        </section>
    }
    .into_any()
}

/// Where readers join: as others reach it, which the server knows where this page was opened on the server's own machine.
pub fn address(room: Room) -> AnyView {
    let place = RwSignal::new(String::new());
    let locale = room.setup.with_value(|setup| setup.locale.prefix());
    let code = room.code();
    spawn_local(async move {
        let answer = ask("GET", &class_path(&code, ""), None).await;
        let join = answer.filter(|(status, _)| *status == 200).and_then(|(_, text)| field(&text, "join"));
        let join = join.unwrap_or_else(|| {
            let origin = browser::window().location().origin().unwrap_or_default();
            [&origin, "/", locale, "/join/", &code].concat()
        });
        let bare = join.trim_start_matches("http://").to_owned();
        _ = place.try_set(bare);
    });
    view! { <p class="address"><code>{move || place.get()}</code></p> }.into_any()
}

/// The link for a phone. It is there for a minute, and good for once.
fn hand_over(room: Room) -> AnyView {
    let link = RwSignal::new(None::<(String, String)>);
    let code = StoredValue::new(room.code());
    let show = move |_| {
        spawn_local(async move {
            let url = class_path(&code.get_value(), "/handover");
            let json = room.setup.with_value(|setup| ["{\"locale\":\"", setup.locale.prefix(), "\"}"].concat());
            match ask("POST", &url, Some(&json)).await {
                Some((200..=299, text)) => {
                    let Some(path) = field(&text, "path") else { return };
                    let whole = field(&text, "url")
                        .unwrap_or_else(|| [browser::window().location().origin().unwrap_or_default(), path].concat());
                    link.set(Some((whole, field(&text, "qr").unwrap_or_default())));
                    gloo_timers::callback::Timeout::new(SEEN_MS, move || drop(link.try_set(None))).forget();
                }
                Some((_, why)) => room.refused.set(field(&why, "error").unwrap_or(why)),
                None => room.refused.set(t("class.unreachable")),
            }
        });
    };
    view! {
        <div class="hand-over">
            <p class="tools">
                <button type="button" class="pill" hidden=move || link.with(Option::is_some) disabled=move || !room.may() on:click=show>
                    {t("class.hand_over")}
                </button>
                <button type="button" class="pill" hidden=move || link.with(Option::is_none) on:click=move |_| link.set(None)>
                    {t("class.hide")}
                </button>
            </p>
            {move || {
                link.get().map(|(url, qr)| {
                    let words = url.clone();
                    view! {
                        <p>{t("class.hand_over_text")}</p>
                        <div class="qr" inner_html=qr></div>
                        <p class="address"><a href=url>{words}</a></p>
                    }
                })
            }}
        </div>
    }
    .into_any()
}

/// The button that publishes an update in every lab.
pub fn publish(room: Room) -> AnyView {
    press(room, t("class.publish"), || Some(Order::Publish))
}
