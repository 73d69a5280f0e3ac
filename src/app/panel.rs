//! The fault panel of the free lab: a form for every kind, made from the catalogue; and the link that brings faults along.
//!
//! It is HTML that the server renders once. What its buttons do is one listener in the browser (`ui::lab::panel`), which speaks to the
//! same addresses as `curl` does: a form's controls are named like the fields they fill.

use axum::{extract::Query, http::Uri};
use leptos::prelude::*;
use serde::Deserialize;

use super::{Here, page::Page};
use crate::{
    fault::{
        Fault, MAX_COUNT, MAX_DURATION_MS, MAX_START_MS, Place,
        catalogue::{self, Entry, Field, Form},
        profile::Profile,
        script,
    },
    i18n::t,
    wire::Technique,
};

/// The panel.
pub fn panel(here: &Here, trouble: Option<String>) -> impl IntoView + use<> {
    let guide = here.path(&Page::Faults);
    let profiles = Profile::ALL.map(|profile| {
        let name = profile.name();
        view! {
            <button type="button" class="pill" data-do="profile" data-name=name title=t(&format!("guide.profile_{name}_text"))>
                {t(&format!("guide.profile_{name}"))}
            </button>
        }
    });
    let places = places();
    let trouble = trouble.map(|why| {
        view! {
            <p class="trouble" role="alert">
                {t("panel.link_bad")}
                " "
                <q lang="en">{why}</q>
            </p>
        }
    });
    view! {
        <section class="panel" id="fault-panel" aria-label=t("panel.title")>
            <h2>{t("panel.title")}</h2>
            <p>{t("panel.hint")} " " <a href=guide>{t("guide.title")}</a></p>
            {trouble}
            <p class="said" id="fault-said" role="status" hidden></p>
            <div class="profiles" role="group" aria-label=t("panel.profiles")>
                {Vec::from(profiles)}
            </div>
            <p class="tools">
                <button type="button" class="pill" data-do="clear">
                    <kbd>"0"</kbd>
                    {t("panel.clear")}
                </button>
                <button type="button" class="pill" data-do="link">
                    {t("panel.link")}
                </button>
            </p>
            {places}
            <details class="script" id="fault-script">
                <summary>{t("panel.script")}</summary>
                <p id="fault-script-how">{t("panel.script_how")}</p>
                <textarea
                    rows="7"
                    spellcheck="false"
                    autocapitalize="off"
                    aria-label=t("panel.script")
                    aria-describedby="fault-script-how"
                    data-script
                >
                    {SCRIPT}
                </textarea>
                <button type="button" class="pill" data-do="script">
                    {t("panel.play")}
                </button>
            </details>
        </section>
    }
}

/// Every kind as a form, under the place where it happens.
fn places() -> impl IntoView + use<> {
    let places = ["wire", "between", "server", "client"].map(|place| {
        let kinds: Vec<_> = catalogue::all().into_iter().filter(|entry| place_of(entry) == place).map(kind).collect();
        view! {
            <section class="place">
                <h3>{t(&format!("guide.place_{place}"))}</h3>
                {kinds}
            </section>
        }
    });
    Vec::from(places)
}

/// The kinds alone, for the desk of a class, which says by itself what its buttons do.
pub fn kinds(here: &Here) -> impl IntoView + use<> {
    let guide = here.path(&Page::Faults);
    view! {
        <div class="panel">
            <p><a href=guide target="_blank">{t("guide.title")}</a></p>
            {places()}
        </div>
    }
}

/// A script to begin with: a tunnel, and a server that restarts.
const SCRIPT: &str = r#"[
  { "kind": { "latency": { "base_ms": 60, "jitter_ms": 60 } } },
  { "kind": "blackhole", "start_ms": 3000, "duration_ms": 4000 },
  { "kind": { "restart": { "how": "drain" } }, "start_ms": 12000, "duration_ms": 2000 }
]"#;

/// Under which heading a kind stands.
pub fn place_of(entry: &Entry) -> &'static str {
    match entry.kind.place() {
        _ if entry.between => "between",
        Place::Wire => "wire",
        Place::Server => "server",
        Place::Client => "client",
    }
}

/// The form of one kind.
fn kind(entry: Entry) -> impl IntoView {
    let name = entry.kind.name();
    let own = entry.fields.iter().map(|field| {
        let value = entry.value(field).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        control("kind", field, value.unwrap_or_default())
    });
    let share = ["1", "0.5", "0.3", "0.2", "0.1", "0.05"].map(|share| {
        let selected = share.parse() == Ok(entry.probability);
        let words = share.parse::<f64>().map_or_else(|_| share.to_owned(), |share| format!("{:.0} %", share * 100.0));
        view! { <option value=share selected=selected>{words}</option> }
    });
    let wire = entry.kind.place() == Place::Wire;
    let direction = wire.then(|| {
        choice("fault", "direction", &["", "up", "down"], "", &|word| match word {
            "" => t("panel.choice_both"),
            other => t(&format!("panel.choice_{other}")),
        })
    });
    let techniques = &["", "short_poll", "long_poll", "sse", "websocket"];
    let technique = choice("scope", "technique", techniques, "", &|word| match word {
        "" => t("panel.choice_any"),
        "short_poll" => t("page.method_short_poll"),
        "long_poll" => t("page.method_long_poll"),
        "sse" => t("page.method_sse"),
        _ => t("page.method_websocket"),
    });
    let optional = |name, least: u32, most: u32| {
        let form = Form::Number { least: least.into(), most: most.into(), optional: true };
        control("fault", &Field { name, form }, String::new())
    };
    let count = entry.kind.counts().then(|| optional("count", 1, MAX_COUNT));
    view! {
        <form class="kind" data-kind=name data-key=entry.key.to_string() data-on="false">
            <button type="button" class="switch" data-do="switch" aria-pressed="false">
                <kbd>{entry.key.to_string()}</kbd>
                <span>{t(&format!("panel.{name}"))}</span>
                <small>{t(&format!("panel.{name}_term"))}</small>
            </button>
            <details>
                <summary aria-label=format!("{}: {}", t(&format!("panel.{name}")), t("panel.settings"))>"…"</summary>
                <div class="fields">
                    {own.collect::<Vec<_>>()}
                    <label>
                        <span>{t("panel.field_probability")}</span>
                        <select name="probability" data-part="fault" data-raw>
                            {Vec::from(share)}
                        </select>
                    </label>
                    {direction}
                    {technique}
                    {optional("start_ms", 0, MAX_START_MS)}
                    {optional("duration_ms", 100, MAX_DURATION_MS)}
                    {count}
                </div>
            </details>
        </form>
    }
}

/// One control, with the parameter's own name.
fn control(part: &'static str, field: &Field, value: String) -> AnyView {
    let name = field.name;
    match field.form {
        Form::Number { least, most, optional } => {
            let unit = if name.ends_with("_ms") || name == "ms" { " · ms" } else { "" };
            view! {
                <label>
                    <span>{t(&format!("panel.field_{name}"))}{unit}</span>
                    <input
                        type="number"
                        name=name
                        data-part=part
                        data-raw
                        min=least.to_string()
                        max=most.to_string()
                        step="1"
                        value=value
                        required=!optional
                        autocomplete="off"
                    />
                </label>
            }
            .into_any()
        }
        Form::Choice { of } => choice(part, name, of, &value, &|word| t(&format!("panel.choice_{word}"))),
        Form::Switch => choice(part, name, &["false", "true"], &value, &|word| {
            t(if word == "true" { "panel.choice_yes" } else { "panel.choice_no" })
        }),
    }
}

fn choice(
    part: &'static str,
    name: &'static str,
    of: &[&'static str],
    value: &str,
    say: &dyn Fn(&'static str) -> String,
) -> AnyView {
    let raw = of.contains(&"true");
    let options: Vec<_> = of
        .iter()
        .map(|word| {
            let selected = *word == value;
            view! { <option value=*word selected=selected>{say(word)}</option> }
        })
        .collect();
    view! {
        <label>
            <span>{t(&format!("panel.field_{name}"))}</span>
            <select name=name data-part=part data-raw=raw>
                {options}
            </select>
        </label>
    }
    .into_any()
}

/// What the free lab's address may say.
#[derive(Deserialize)]
struct Asked {
    faults: Option<String>,
    technique: Option<Technique>,
}

/// What a link brings along: `?faults=` and a list as the API takes it, `&technique=` and with which to look at it.
///
/// # Errors
/// What is wrong with it, in English.
pub fn linked(uri: &Uri) -> Result<(Vec<Fault>, Option<Technique>), String> {
    let Query(asked) = Query::<Asked>::try_from_uri(uri).map_err(|error| error.body_text())?;
    let Some(text) = asked.faults else { return Ok((Vec::new(), asked.technique)) };
    let list = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let faults = script::read(list).map_err(|error| error.to_string())?;
    script::check(&faults)?;
    Ok((faults, asked.technique))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn link(query: &str) -> Result<(Vec<Fault>, Option<Technique>), String> {
        linked(&format!("/en/lab?{query}").parse().expect("an address"))
    }

    #[test]
    fn a_link_brings_faults_or_says_what_is_wrong_with_them() {
        assert_eq!(link("path=tour"), Ok((Vec::new(), None)));
        let list = link("technique=sse&faults=%5B%7B%22kind%22%3A%22stall%22%2C%22start_ms%22%3A500%7D%5D");
        let stall = Fault { start_ms: Some(500), ..Fault::new(1, Kind::Stall) };
        assert_eq!(list, Ok((vec![stall], Some(Technique::Sse))));
        for (bad, said) in [
            ("faults=%5B", "EOF"),
            ("technique=pigeon", "unknown variant"),
            ("faults=%5B%7B%22kind%22:%22gremlins%22%7D%5D", "unknown variant"),
            ("faults=%5B%7B%22kind%22:%22stall%22%7D,%7B%22kind%22:%22blackhole%22%7D%5D", "contradict"),
        ] {
            let why = link(bad).expect_err(bad);
            assert!(why.contains(said), "{bad}: {why}");
        }
    }

    #[test]
    fn the_script_that_stands_there_can_be_played() {
        let faults: Vec<serde_json::Value> = serde_json::from_str(SCRIPT).expect("JSON");
        assert_eq!(faults.len(), 3);
        let query: String = SCRIPT.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(link(&format!("faults={query}")).map(|(list, _)| list.len()), Ok(3));
    }
}
