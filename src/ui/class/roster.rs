//! The roster: a row for each reader, and what can be done with the one that is picked.
//!
//! Three hundred rows change several times a second. A row is made once, listens to its own reader only, and is not laid out while it is
//! out of sight (`content-visibility`, in the styles).

use leptos::{html, prelude::*};

use super::{
    parts::{called, hue, press, technique, twice},
    room::Room,
    watch,
};
use crate::{
    class::{ReaderNo, event::Signal as Sign, order::Order, view::Row},
    i18n::{t, tf},
};

/// In which order the rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sorted {
    /// As readers joined.
    #[default]
    Joined,
    /// Those first who are stuck, then those who are behind.
    Need,
    /// By name.
    Name,
}

/// The roster.
pub fn view(room: Room, picked: RwSignal<Option<ReaderNo>>) -> AnyView {
    let sorted = RwSignal::new(Sorted::default());
    let order = Memo::new(move |_| {
        let sorted = sorted.get();
        let mut keys = room.rows(|row| (need(row), called(row.name.as_ref(), row.no), row.no));
        match sorted {
            Sorted::Joined => {}
            Sorted::Need => keys.sort_by_key(|(need, _, no)| (*need, *no)),
            Sorted::Name => keys.sort_by(|a, b| a.1.cmp(&b.1)),
        }
        keys.into_iter().map(|(_, _, no)| no).collect::<Vec<_>>()
    });
    let counts = Memo::new(move |_| {
        let rows = room.rows(|row| (row.present, row.reached, row.voted, row.signal));
        let count = |is: fn(&(bool, bool, bool, Sign)) -> bool| rows.iter().filter(|row| is(row)).count();
        [
            rows.len(),
            count(|row| row.0),
            count(|row| row.1),
            count(|row| row.2),
            count(|row| row.3 == Sign::Done),
            count(|row| row.3 == Sign::Stuck),
        ]
    });
    let count = move |key: &'static str, nth: usize| {
        view! { <span data-count=key>{move || tf(&["class.count_", key].concat(), &[("n", &counts.get()[nth].to_string())])}</span> }
    };
    let choose = move |event| {
        sorted.set(match event_target_value(&event).as_str() {
            "need" => Sorted::Need,
            "name" => Sorted::Name,
            _ => Sorted::Joined,
        });
    };
    let none = move || order.with(Vec::is_empty);
    view! {
        <section class="roster" aria-labelledby="roster-title">
            <header>
                <h2 id="roster-title">{t("class.roster")}</h2>
                <label class="control">
                    <span class="hidden">{t("class.sort")}</span>
                    <select on:change=choose>
                        <option value="joined">{t("class.sort_joined")}</option>
                        <option value="need">{t("class.sort_need")}</option>
                        <option value="name">{t("class.sort_name")}</option>
                    </select>
                </label>
            </header>
            <p class="counts">
                {count("joined", 0)} {count("here", 1)} {count("reached", 2)} {count("voted", 3)} {count("done", 4)}
                {count("stuck", 5)}
            </p>
            <p class="none" hidden=move || !none()>{t("class.rehearsal")}</p>
            <ol class="rows" tabindex="0" aria-labelledby="roster-title" hidden=none>
                <For each=move || order.get() key=|no| *no children=move |no| row(room, no, picked) />
            </ol>
            {move || picked.get().map(|no| one(room, no, picked))}
        </section>
    }
    .into_any()
}

/// Who needs the instructor most comes first.
fn need(row: &Row) -> u8 {
    match row.signal {
        _ if !row.present => 4,
        Sign::Stuck => 0,
        _ if row.reached => 3,
        Sign::Done => 2,
        Sign::None => 1,
    }
}

fn row(room: Room, no: ReaderNo, picked: RwSignal<Option<ReaderNo>>) -> AnyView {
    let Some(row) = room.row(no) else { return ().into_any() };
    // Each of these listens to one reader; text that stays the same is not written again.
    let of = move |look: fn(&Row) -> String| {
        let row = row.clone();
        move || row.with(look)
    };
    let name = of(|row| called(row.name.as_ref(), row.no));
    let presence = of(|row| row.present.to_string());
    let away = of(|row| if row.present { String::new() } else { t("class.is_away") });
    let sign = of(|row| match row.signal {
        Sign::Stuck => t("class.stuck"),
        Sign::Done => t("class.done"),
        Sign::None => String::new(),
    });
    let sign_name = of(|row| {
        match row.signal {
            Sign::Stuck => "stuck",
            Sign::Done => "done",
            Sign::None => "none",
        }
        .to_owned()
    });
    let marks = of(|row| {
        let mark = |is, key| if is { t(key) } else { String::new() };
        [mark(row.reached, "class.mark_reached"), mark(row.voted, "class.mark_voted")].concat()
    });
    let way = of(|row| row.sums.technique.map(technique).unwrap_or_default());
    let way_hue = of(|row| row.sums.technique.map(hue).unwrap_or_default().to_owned());
    let news =
        of(|row| if row.lab { tf("class.news", &[("n", &row.sums.delivered.to_string())]) } else { String::new() });
    let lost =
        of(
            |row| {
                if row.sums.lost > 0 { tf("class.lost_n", &[("n", &row.sums.lost.to_string())]) } else { String::new() }
            },
        );
    let runs = of(|row| {
        t(match (row.lab, row.runs) {
            (_, true) => "class.runs",
            (true, false) => "class.rests",
            (false, false) => "class.no_lab_yet",
        })
    });
    let runs_state = of(|row| row.runs.to_string());
    let step = room.step();
    let elsewhere = {
        let row = room.row(no);
        move || {
            let step = step.get();
            let Some(row) = &row else { return String::new() };
            row.with(|row| match () {
                () if row.step == step || row.step.is_empty() => String::new(),
                () => room.line(&row.step, |line| line.title.clone()).unwrap_or_else(|| row.step.clone()),
            })
        }
    };
    let is_picked = move || (picked.get() == Some(no)).to_string();
    let turn = move |_| picked.update(|picked| *picked = Some(no).filter(|no| *picked != Some(*no)));
    view! {
        <li data-present=presence data-sign=sign_name data-reader=no>
            <button type="button" class="who" aria-pressed=is_picked on:click=turn>
                <i class="dot" aria-hidden="true"></i>
                <b>{name}</b>
                <small>{away}</small>
            </button>
            <span class="sign">{sign}</span>
            <span class="way" data-technique=way_hue>{way}</span>
            <span class="detail">
                <span class="marks">{marks}</span>
                <span class="news">{news} " " <b>{lost}</b></span>
                <span class="elsewhere">{elsewhere}</span>
                <span class="runs" data-runs=runs_state>{runs}</span>
            </span>
        </li>
    }
    .into_any()
}

/// The reader that is picked: the picture, the name, and the way out of the class.
fn one(room: Room, no: ReaderNo, picked: RwSignal<Option<ReaderNo>>) -> AnyView {
    let Some(row) = room.row(no) else { return ().into_any() };
    room.order(Order::Watch { reader: Some(no) });
    on_cleanup(move || room.order(Order::Watch { reader: None }));
    let field = NodeRef::<html::Input>::new();
    let name = {
        let row = row.clone();
        move || row.with(|row| called(row.name.as_ref(), row.no))
    };
    let value = row.with_untracked(|row| row.name.clone().unwrap_or_default());
    let rename = move || field.get_untracked().map(|field| Order::Rename { reader: no, name: field.value() });
    let on_wall = room.of(move |desk| desk.picked == Some(no));
    let show = move |_| room.order(Order::Pick { reader: Some(no).filter(|_| !on_wall.get_untracked()) });
    let watch = room.of(move |desk| desk.watch.clone().filter(|watch| watch.reader == no));
    let remove = move || {
        room.order(Order::Remove { reader: no });
        picked.set(None);
    };
    view! {
        <section class="one" aria-labelledby="one-title">
            <header>
                <h3 id="one-title">{name}</h3>
                <button type="button" class="pill" on:click=move |_| picked.set(None)>{t("class.close_one")}</button>
            </header>
            {watch::picture(watch.into())}
            <p class="tools">
                <button
                    type="button"
                    class="pill"
                    aria-pressed=move || on_wall.get().to_string()
                    disabled=move || !room.may()
                    on:click=show
                >
                    {move || t(if on_wall.get() { "class.off_wall" } else { "class.on_wall" })}
                </button>
            </p>
            <p class="tools">
                <label class="control">
                    <span>{t("class.name")}</span>
                    <input node_ref=field maxlength="60" value=value autocomplete="off" />
                </label>
                {press(room, t("class.rename"), rename)}
                {twice(t("class.remove"), t("class.remove_sure"), move || room.may(), remove)}
            </p>
        </section>
    }
    .into_any()
}
