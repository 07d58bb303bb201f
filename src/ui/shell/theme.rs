//! Dark or light: as the system has it, unless a person chose.

use leptos::prelude::*;

use super::super::parts::fields::text;
use super::super::parts::icons::{self, Icon};
use crate::browser::page;

const KEPT_AS: &str = "theme";

/// A choice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// What it is called, and kept as.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Self::System)
    }

    fn icon(self) -> Icon {
        match self {
            Self::System => icons::SUN_MOON,
            Self::Light => icons::SUN,
            Self::Dark => icons::MOON,
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The theme of the page, as it was kept, and drawn from now on.
pub(crate) fn start() -> RwSignal<Theme> {
    let theme = RwSignal::new(page::kept(KEPT_AS).map_or(Theme::System, |name| Theme::named(&name)));
    Effect::new(move || page::set_theme(theme.get().name()));
    theme
}

/// Takes a theme, and keeps it for the next visit.
pub(crate) fn choose(theme: RwSignal<Theme>, chosen: Theme) {
    page::keep(KEPT_AS, chosen.name());
    theme.set(chosen);
}

/// Takes the next theme.
pub(crate) fn turn(theme: RwSignal<Theme>) {
    choose(theme, theme.get_untracked().next());
}

/// The button that takes the next theme.
pub(crate) fn button(theme: RwSignal<Theme>) -> AnyView {
    let name = text(move || format!("Theme: {} (Alt+T)", theme.get().name()));
    view! {
        <button type="button" class="quiet" data-testid="theme" data-theme-is=text(move || theme.get().name().to_owned())
            aria-label=name title=name on:click=move |_| turn(theme)>{move || theme.get().icon().draw()}</button>
    }
    .into_any()
}
