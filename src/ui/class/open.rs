//! Opening a class: one press, and the desk is there.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    api::{ask, field, quoted},
    room::Room,
};
use crate::{client::browser, i18n::t};

/// The button, and a field for the key if the server wants one.
pub fn view(room: Room) -> AnyView {
    let (asked, waits) = (RwSignal::new(false), RwSignal::new(false));
    let said = RwSignal::new(String::new());
    let key = NodeRef::<html::Input>::new();
    let locale = room.setup.with_value(|setup| setup.locale.prefix());
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let key = key.get_untracked().map(|field| field.value()).filter(|key| !key.is_empty());
        let tried = key.is_some();
        waits.set(true);
        spawn_local(async move {
            let key = key.map(|key| [",\"key\":", &quoted(&key)].concat()).unwrap_or_default();
            let json = ["{\"locale\":\"", locale, "\"", &key, "}"].concat();
            let answer = ask("POST", "/api/classes", Some(&json)).await;
            waits.set(false);
            match answer {
                Some((200..=299, text)) => {
                    let code = field(&text, "code").unwrap_or_default();
                    _ = browser::window().location().set_href(&["/", locale, "/class/", &code, "/desk"].concat());
                }
                Some((403, _)) => {
                    asked.set(true);
                    said.set(t(if tried { "class.key_wrong" } else { "class.key_needed" }));
                }
                Some((_, why)) => said.set(field(&why, "error").unwrap_or(why)),
                None => said.set(t("class.unreachable")),
            }
        });
    };
    view! {
        <form on:submit=open>
            <label hidden=move || !asked.get()>
                <span>{t("class.key")}</span>
                <input type="password" node_ref=key autocomplete="current-password" />
            </label>
            <button class="button go" disabled=move || waits.get()>{t("class.open")}</button>
            <p role="status" hidden=move || said.with(String::is_empty)>{move || said.get()}</p>
        </form>
    }
    .into_any()
}
