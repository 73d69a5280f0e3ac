//! A question of the class's quiz: the answer is a vote, and locks.

use leptos::prelude::*;

use super::member::Member;
use crate::{
    class::order::Wish,
    ui::{choice::question, stage::Choosable},
};

/// One question. It is shut where the tab belongs to no class.
#[island]
pub fn ClassQuestion(
    /// The ballot that the answer is a vote in: `before/lesson/question`.
    ballot: String,
    /// The options, in order.
    options: Vec<Choosable>,
    /// The question, rendered by the server.
    children: Children,
) -> impl IntoView {
    let member = Member::here();
    let (own, name) = (member.own.clone(), ballot.clone());
    let belongs = {
        let own = own.clone();
        Signal::derive(move || own.with(Option::is_some))
    };
    let chosen = RwSignal::new(None::<String>);
    let locked = Signal::derive(move || {
        let known = own.with(|own| own.as_ref()?.votes.iter().find(|(vote, _)| *vote == name).cloned());
        known.map(|(_, option)| option).or_else(|| chosen.get())
    });
    let (member, ballot) = (StoredValue::new(member), StoredValue::new(ballot));
    let lock = move |option: String| {
        chosen.set(Some(option.clone()));
        member.with_value(|member| member.wish(Wish::Vote { ballot: ballot.get_value(), option }));
    };
    view! {
        <section class="quiz box" data-hydrated=move || belongs.get().to_string()>
            {children()}
            {question(ballot.get_value(), options, None, locked, belongs, lock)}
        </section>
    }
}
