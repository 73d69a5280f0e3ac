//! Notices of a run as a reader sees them: a quiet list that folds away, each with the paragraph of the standard.

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    diagram::quantity::{number, span},
    i18n::{t, tf},
    notice::{Kind, Notice},
};

/// The list. It is not there as long as it is empty; how long it is, is said politely when it grows.
pub fn list(rig: Rig) -> impl IntoView {
    let count = move || rig.noticed(<[Notice]>::len);
    let words = move || match count() {
        0 => String::new(),
        1 => t("notice.count_one"),
        n => tf("notice.count", &[("n", &number(n as u64))]),
    };
    let items = Kind::ALL.into_iter().map(|kind| {
        let found = move || rig.noticed(|list| list.iter().find(|notice| notice.kind == kind).copied());
        let (label, href) = citation(kind.cites());
        view! {
            <li data-notice=&kind.key()["notice.".len()..] hidden=move || found().is_none()>
                <span>{move || found().map(sentence).unwrap_or_default()}</span>
                " "
                <a class="standard" href=href>{label}</a>
            </li>
        }
    });
    view! {
        <div class="notices">
            <p class="pc-hear" role="status">{words}</p>
            <details hidden=move || count() == 0>
                <summary>{words}</summary>
                <ul>{items.collect_view()}</ul>
            </details>
        </div>
    }
}

fn sentence(notice: Notice) -> String {
    let Notice { kind, n, of, time, limit } = notice;
    let values = [("n", number(n)), ("of", number(of)), ("time", span(time)), ("limit", span(limit))];
    tf(kind.key(), &values.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// What a citation says, and where it leads.
fn citation(cites: &str) -> (String, String) {
    let (standard, place) = cites.split_once(':').unwrap_or_default();
    match place.split_once('#') {
        Some((rfc, section)) => (
            ["RFC ", rfc, " §", section].concat(),
            ["https://www.rfc-editor.org/rfc/", standard, rfc, "#section-", section].concat(),
        ),
        None => ("WHATWG HTML".to_owned(), ["https://html.spec.whatwg.org/#", place].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_cites_a_paragraph() {
        for kind in Kind::ALL {
            let (label, href) = citation(kind.cites());
            let whole =
                href.starts_with("https://") && href.split_once('#').is_some_and(|(_, place)| !place.is_empty());
            assert!(whole && !label.is_empty(), "{kind:?}: {label} {href}");
        }
        let (label, href) = citation("rfc:9112#9.3");
        assert_eq!(label, "RFC 9112 §9.3");
        assert_eq!(href, "https://www.rfc-editor.org/rfc/rfc9112#section-9.3");
    }
}
