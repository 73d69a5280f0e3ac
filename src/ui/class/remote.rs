//! The remote: a phone in the instructor's hand. It is reached by a link that is good for once; what the link says is forgotten at once.

use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{ask, class_path, field, quoted},
    desk::{publish, standing, turn},
    parts::{called, twice},
    room::Room,
    steer, vote,
};
use crate::{
    class::{
        event::Signal as Sign,
        order::{Face, Order, Whom},
    },
    client::browser,
    i18n::{t, tf},
};

/// The remote.
pub fn view(room: Room) -> AnyView {
    let refused = RwSignal::new(String::new());
    let token = taken();
    if token.is_empty() {
        room.open(Face::Remote);
    } else {
        spawn_local(async move {
            let json = ["{\"token\":", &quoted(&token), "}"].concat();
            match ask("POST", &class_path(&room.code(), "/handover/take"), Some(&json)).await {
                Some((200..=299, _)) => {}
                // A link that was used before: the right may be here already, as after a reload.
                Some((_, why)) => refused.set(field(&why, "error").unwrap_or_default()),
                None => refused.set(t("class.unreachable")),
            }
            room.open(Face::Remote);
        });
    }
    let step = room.step();
    let title =
        move || step.with(|step| room.line(step, |line| line.title.clone())).unwrap_or_else(|| t("class.no_step"));
    let ballots = room.of(|desk| desk.ballots.clone());
    let shown = vote::of_the_step(room, move || ballots.get());
    let everybody = Signal::stored(Whom::All);
    let counts = move || {
        let rows = room.rows(|row| (row.present, row.signal));
        let count = |is: fn(&(bool, Sign)) -> bool| rows.iter().filter(|row| is(row)).count().to_string();
        let values = [count(|row| row.0), count(|row| row.1 == Sign::Done), count(|row| row.1 == Sign::Stuck)];
        tf("class.remote_counts", &[("here", &values[0]), ("done", &values[1]), ("stuck", &values[2])])
    };
    let stuck = move || {
        let names = room.rows(|row| (row.signal == Sign::Stuck).then(|| called(row.name.as_ref(), row.no)));
        names.into_iter().flatten().take(8).collect::<Vec<_>>().join(", ")
    };
    let voted = move || tf("class.voted_n", &[("n", &shown.with(|shown| shown.total).to_string())]);
    view! {
        <div class="remote" data-standing=move || room.standing.get().name()>
            <p role="alert" class="trouble" hidden=move || refused.with(String::is_empty) || room.standing.get() == super::link::Standing::Live>
                {move || refused.get()}
            </p>
            {standing(room)}
            <h1><span class="hidden">{t("class.remote")}</span> {title}</h1>
            <p class="counts">{counts}</p>
            <p class="counts" hidden=move || stuck().is_empty()>{move || tf("class.stuck_are", &[("names", &stuck())])}</p>
            <div class="turns">{turn(room, false)} {turn(room, true)}</div>
            <div class="turns">{publish(room)}</div>
            <section>
                <h2>{t("class.vote")}</h2>
                <p class="counts">{voted}</p>
                {vote::stages(room, shown)}
            </section>
            <section>
                <h2>{t("class.labs")}</h2>
                {steer::labs(room)}
            </section>
            <section>
                <h2>{t("class.network")}</h2>
                {steer::banner(room)}
                {steer::scenarios(room, everybody, true)}
            </section>
            {twice(t("class.panic"), t("class.panic_sure"), move || room.may(), move || room.order(Order::Panic))}
        </div>
    }
    .into_any()
}

/// The token in the address, which is taken out of it: it must not be in the history, nor in a picture of the screen.
fn taken() -> String {
    let window = browser::window();
    let token = window.location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    if !token.is_empty()
        && let (Ok(history), Ok(path)) = (window.history(), window.location().pathname())
    {
        _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
    token
}
