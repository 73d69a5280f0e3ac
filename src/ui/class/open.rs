//! Opening a class: one press, and the desk is there.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    api::{ask, class_path, field, quoted},
    room::Room,
};
use crate::{
    class::Code,
    client::browser,
    i18n::{t, tf},
};

/// Where this browser keeps the codes of the classes that were opened in it, the newest first.
const DESKS: &str = "lifeline/desks";

/// The most of them.
const MOST: usize = 4;

fn note(code: &str) {
    let kept = browser::recall(DESKS).unwrap_or_default();
    let all: Vec<&str> = [code].into_iter().chain(kept.split(' ').filter(|other| *other != code)).take(MOST).collect();
    browser::keep(DESKS, all.join(" ").trim_end());
}

/// The ways back to the desks of classes that are still there.
fn ways_back(locale: &'static str) -> AnyView {
    let there = RwSignal::new(Vec::<Code>::new());
    let kept = browser::recall(DESKS).unwrap_or_default();
    spawn_local(async move {
        let (mut codes, mut known) = (Vec::new(), Vec::new());
        for code in kept.split(' ').filter_map(Code::parse) {
            let answer = ask("GET", &class_path(code.as_str(), ""), None).await;
            if !matches!(answer, Some((404, _))) {
                known.push(code.to_string());
            }
            if matches!(answer, Some((200, _))) {
                codes.push(code);
            }
        }
        browser::keep(DESKS, &known.join(" "));
        there.set(codes);
    });
    let links = move || {
        let link = |code: &Code| {
            let href = ["/", locale, "/class/", code.as_str(), "/desk"].concat();
            view! { <a href=href>{tf("class.back_to", &[("code", &code.spaced())])}</a> }
        };
        there.with(|codes| codes.iter().map(link).collect_view())
    };
    view! { <p class="ways-back" hidden=move || there.with(Vec::is_empty)>{links}</p> }.into_any()
}

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
                    note(&code);
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
        {ways_back(locale)}
    }
    .into_any()
}
