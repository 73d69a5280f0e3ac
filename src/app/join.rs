//! A reader's way into a class: the join page, and the room where one waits for it to begin.

use leptos::prelude::*;

use super::{Here, page::Page, shell::Sheet};
use crate::{
    class::Code,
    i18n::{t, tf},
    ui::class::join::Join,
};

/// The join page of a class. Whether there is one with this code, the page's script finds out.
pub fn join(here: &Here, code: &Code) -> Sheet {
    let (name, locale) = (code.to_string(), here.locale);
    let heading = tf("page.join", &[("code", &code.spaced())]);
    let body = view! {
        <article class="sheet join">
            <h1>{heading.clone()}</h1>
            <p class="lead">{t("page.join_text")}</p>
            {view! { <Join code=name locale /> }.into_any()}
            <p class="small">{t("page.join_data")}</p>
        </article>
    };
    Sheet::new("join", heading, body)
}

/// The room: who has joined waits here.
pub fn room(here: &Here, code: &Code) -> Sheet {
    let heading = tf("page.room", &[("code", &code.spaced())]);
    let body = view! {
        <article class="sheet join">
            <h1>{heading.clone()}</h1>
            <p class="lead">{t("page.room_text")}</p>
            <p><a href=here.path(&Page::Join(code.clone()))>{t("page.room_again")}</a></p>
        </article>
    };
    Sheet::new("room", heading, body)
}
