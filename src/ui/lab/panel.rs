//! What the fault panel does. Its forms are HTML from the server; whatever is pressed in them goes to the lab's own addresses as JSON,
//! as anybody's `curl` could send it, and what the server says of it is shown.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

use super::rig::Rig;
use crate::{client::browser, i18n::t, ui::page::is_idle};

/// Where it stands, on the pages that have it.
fn panel() -> Option<Element> {
    browser::document()?.get_element_by_id("fault-panel")
}

/// Listens to the panel, if the page has one, and shows in it what is in force.
pub fn listen(rig: Rig) {
    let Some(root) = panel() else { return };
    let clicks = window_event_listener(leptos::ev::click, move |event| {
        let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(button) = element.and_then(|element| element.closest("#fault-panel [data-do]").ok().flatten()) {
            act(rig, &button);
        }
    });
    let changes = window_event_listener(leptos::ev::change, move |event| {
        let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(form) =
            element.and_then(|element| element.closest("#fault-panel form[data-on=true]").ok().flatten())
        {
            put(rig, &form);
        }
    });
    let keys = window_event_listener(leptos::ev::keydown, move |event| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key()) && is_idle(&event);
        let (Some(panel), true) = (panel(), plain) else { return };
        let key = event.key();
        let find = |selector: &str| panel.query_selector(selector).ok().flatten();
        let button = match key.as_str() {
            "0" => find("[data-do=clear]"),
            "?" => {
                panel.scroll_into_view();
                find("form button")
            }
            // A key is one character, and of these none ends the string.
            one if one.len() == 1 && one != "\"" && one != "\\" => {
                find(&["form[data-key=\"", one, "\"] button"].concat())
            }
            _ => None,
        };
        let Some(button) = button else { return };
        event.prevent_default();
        match key.as_str() {
            "?" => _ = button.dyn_into::<HtmlElement>().map(|button| button.focus()),
            _ => act(rig, &button),
        }
    });
    Effect::new(move |_| {
        let (on, coming) = rig.state.with(|state| {
            let name = |fault: &crate::fault::Fault| fault.kind.name();
            let coming: Vec<_> = state.coming.iter().map(|(_, fault)| name(fault)).collect();
            (state.faults.iter().map(name).collect::<Vec<_>>(), coming)
        });
        let forms = root.query_selector_all("form[data-kind]").ok();
        for form in forms.iter().flat_map(|forms| (0..forms.length()).filter_map(|i| forms.get(i))) {
            let Ok(form) = form.dyn_into::<Element>() else { continue };
            let kind = form.get_attribute("data-kind").unwrap_or_default();
            let is_on = on.contains(&kind.as_str());
            let state = if is_on {
                "true"
            } else if coming.contains(&kind.as_str()) {
                "coming"
            } else {
                "false"
            };
            _ = form.set_attribute("data-on", state);
            if let Ok(Some(button)) = form.query_selector("button") {
                _ = button.set_attribute("aria-pressed", if is_on { "true" } else { "false" });
            }
        }
    });
    on_cleanup(move || {
        clicks.remove();
        changes.remove();
        keys.remove();
    });
}

/// A button was pressed, or its key.
fn act(rig: Rig, button: &Element) {
    let said = button.get_attribute("data-do").unwrap_or_default();
    match said.as_str() {
        "clear" => rig.fault_api("DELETE", "faults", None, |_| {}),
        "profile" => {
            let name = button.get_attribute("data-name").unwrap_or_default();
            rig.fault_api("PUT", &["profile/", &name].concat(), None, |_| {});
        }
        "link" => rig.fault_api("GET", "script", None, |list| {
            let query = js_sys::encode_uri_component(list).as_string().unwrap_or_default();
            if let Ok(history) = browser::window().history() {
                let url = ["?faults=", &query].concat();
                _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&url));
            }
            say(&t("lab.faults_linked"));
        }),
        "script" => {
            let area = panel().and_then(|panel| panel.query_selector("[data-script]").ok().flatten());
            let text = area.and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok()).map(|area| area.value());
            rig.fault_api("PUT", "faults", text, |_| {});
        }
        _ => {
            let Ok(Some(form)) = button.closest("form") else { return };
            match id_of(rig, &form) {
                Some(id) => rig.fault_api("DELETE", &["faults/", &id.to_string()].concat(), None, |_| {}),
                None => {
                    if let Some(json) = json(&form) {
                        rig.fault_api("POST", "faults", Some(json), |_| {});
                    }
                }
            }
        }
    }
}

/// A parameter of a fault that is in force was changed.
fn put(rig: Rig, form: &Element) {
    if let (Some(id), Some(json)) = (id_of(rig, form), json(form)) {
        rig.fault_api("PUT", &["faults/", &id.to_string()].concat(), Some(json), |_| {});
    }
}

/// The number of the fault of this form's kind, if there is one.
fn id_of(rig: Rig, form: &Element) -> Option<u32> {
    let kind = form.get_attribute("data-kind")?;
    rig.state.with_untracked(|state| {
        let mut all = state.faults.iter().chain(state.coming.iter().map(|coming| &coming.1));
        all.find(|fault| fault.kind.name() == kind).map(|fault| fault.id)
    })
}

/// What a form says, as the API takes it. Nothing, if a number in it is none: then its field says so itself.
pub fn json(form: &Element) -> Option<String> {
    if let Some(wrong) = form.query_selector(":invalid").ok().flatten() {
        if let Ok(Some(details)) = form.query_selector("details") {
            _ = details.set_attribute("open", "");
        }
        if let Ok(input) = wrong.dyn_into::<HtmlInputElement>() {
            input.report_validity();
        }
        return None;
    }
    let (mut kind, mut fault, mut scope) = (Vec::new(), Vec::new(), Vec::new());
    let controls = form.query_selector_all("[name]").ok()?;
    for control in (0..controls.length()).filter_map(|i| controls.get(i)?.dyn_into::<Element>().ok()) {
        let name = control.get_attribute("name").unwrap_or_default();
        let value = match control.dyn_ref::<HtmlSelectElement>() {
            Some(select) => select.value(),
            None => control.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value).unwrap_or_default(),
        };
        if value.is_empty() {
            continue;
        }
        let quote = if control.has_attribute("data-raw") { "" } else { "\"" };
        let pair = ["\"", &name, "\":", quote, &value, quote].concat();
        match control.get_attribute("data-part").as_deref() {
            Some("kind") => kind.push(pair),
            Some("scope") => scope.push(pair),
            _ => fault.push(pair),
        }
    }
    let name = form.get_attribute("data-kind")?;
    let kind = if kind.is_empty() && form.query_selector("[data-part=kind]").ok()?.is_none() {
        ["\"", &name, "\""].concat()
    } else {
        ["{\"", &name, "\":{", &kind.join(","), "}}"].concat()
    };
    fault.push(["\"kind\":", &kind].concat());
    fault.push(["\"scope\":{", &scope.join(","), "}"].concat());
    Some(["{", &fault.join(","), "}"].concat())
}

/// Says something where the panel says things; nothing takes it away.
pub(super) fn say(words: &str) {
    let place = browser::document().and_then(|document| document.get_element_by_id("fault-said"));
    if let Some(place) = place {
        place.set_text_content(Some(words));
        _ = if words.is_empty() { place.set_attribute("hidden", "") } else { place.remove_attribute("hidden") };
    }
}
