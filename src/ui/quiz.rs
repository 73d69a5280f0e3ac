//! Retrieval questions at a lesson's end.

use leptos::prelude::*;

use super::{choice::question, stage::Choosable};

/// One question: answers lock, and the explanation follows.
#[island]
pub fn Quiz(
    /// The lesson and question, for progress: `short-polling/q1`.
    name: String,
    /// The options, in order.
    options: Vec<Choosable>,
    /// The right option's name.
    right: String,
    /// The explanation as HTML.
    why: String,
    /// The question, rendered by the server.
    children: Children,
) -> impl IntoView {
    let locked = RwSignal::new(None::<String>);
    let ready = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        use crate::client::browser;
        let key = format!("lifeline/quiz/{name}");
        Effect::new(move |before: Option<()>| {
            let now = locked.get();
            match (before, now) {
                (None, _) => {
                    locked.set(browser::recall(&key));
                    ready.set(true);
                }
                (Some(()), Some(chosen)) => browser::keep(&key, &chosen),
                (Some(()), None) => {}
            }
        });
    }
    // Radio buttons of different questions must not share a group.
    view! {
        <section class="quiz box" data-hydrated=move || ready.get().to_string()>
            {children()}
            {question(name, options, Some(right), locked.into(), ready.into(), move |chosen| locked.set(Some(chosen)))}
            <div class="why" hidden=move || locked.get().is_none() inner_html=why></div>
        </section>
    }
}
