//! Somebody else's lab, live: its picture follows the lab's log with a secret that allows no more than that.

use std::{collections::BTreeSet, rc::Rc};

use leptos::{prelude::*, reactive::owner::LocalStorage};

use super::parts::called;
use crate::{
    class::view::Watch,
    client::{
        control::Link,
        session::{Event, Session},
    },
    diagram::{Reel, view::Picture},
    i18n::t,
    wire::{ClientNo, Fact, Technique},
};

/// The picture of the lab that is to be watched; a sentence where there is none.
pub fn picture(watch: Signal<Option<Watch>>) -> AnyView {
    view! {
        <div class="watching">
            {move || match watch.get() {
                Some(watch) => follow(watch),
                None => view! { <p class="none">{t("class.nothing_to_watch")}</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

fn follow(watch: Watch) -> AnyView {
    let reel = Reel::new();
    let (technique, gone) = (RwSignal::new(Technique::ShortPoll), RwSignal::new(false));
    let running = RwSignal::new(BTreeSet::<ClientNo>::new());
    let selected = RwSignal::new(None);
    let session = StoredValue::<Option<Rc<Session>>, LocalStorage>::new_local(None);
    let name = called(watch.name.as_ref(), watch.reader);
    let hear = move |event: Event| match event {
        Event::Fresh { .. } => {
            selected.set(None);
            running.set(BTreeSet::new());
            reel.clear();
        }
        Event::Records(records) => {
            for record in &records {
                match (&record.seen.fact, record.seen.client) {
                    (Fact::Started { settings }, Some(client)) => {
                        running.update(|running| _ = running.insert(client));
                        // The colour is that of the newest client.
                        technique.set(settings.technique);
                    }
                    (Fact::Stopped, Some(client)) => running.update(|running| _ = running.remove(&client)),
                    _ => {}
                }
            }
            reel.push(&records);
        }
        Event::Link(Link::Gone) => gone.set(true),
        Event::State(_) | Event::Link(_) | Event::Clock(_) | Event::Wrote(..) => {}
    };
    session.set_value(Some(Session::watch(watch.lab, watch.secret, hear)));
    on_cleanup(move || drop(session.try_update_value(Option::take)));
    let now = Callback::new(move |()| {
        session.with_value(|session| session.as_ref().and_then(|session| session.now())).unwrap_or_default()
    });
    let live = Signal::derive(move || !gone.get() && !running.with(BTreeSet::is_empty));
    let technique = Memo::new(move |_| technique.get());
    view! {
        <p class="whose">{name}</p>
        <p class="none" hidden=move || !gone.get()>{t("class.nothing_to_watch")}</p>
        <div class="screen">
        {move || {
            let technique = technique.get();
            view! { <Picture reel=reel selected=selected technique=technique live=live now=now port=String::new() /> }.into_any()
        }}
        </div>
    }
    .into_any()
}
