//! Dark or light: as the system has it, unless a person chose.

use leptos::prelude::*;

use crate::browser::page;

const KEPT_AS: &str = "theme";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Self::System)
    }
}

/// The choice, kept for the next visit.
#[component]
pub(crate) fn ThemeChoice() -> impl IntoView {
    let theme = RwSignal::new(page::kept(KEPT_AS).map_or(Theme::System, |name| Theme::named(&name)));
    Effect::new(move || page::set_theme(theme.get().name()));
    let choose = move |event| {
        let chosen = Theme::named(&event_target_value(&event));
        page::keep(KEPT_AS, chosen.name());
        theme.set(chosen);
    };
    view! {
        <label class="theme">
            <span class="unseen">"Theme"</span>
            <select on:change=choose prop:value=move || theme.get().name() data-testid="theme">
                {Theme::ALL.map(|theme| view! { <option value=theme.name()>{theme.name()}</option> })}
            </select>
        </label>
    }
}
