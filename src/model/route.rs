//! The four views and their addresses.

/// A view of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Testing by hand.
    #[default]
    Bench,
    /// Scripted checks.
    Checks,
    /// What goes wrong in the proxy in front of one's own server.
    Faults,
    /// What the practice server offers.
    Practice,
}

impl Route {
    /// All views in the order of their tabs.
    pub const ALL: [Self; 4] = [Self::Bench, Self::Checks, Self::Faults, Self::Practice];

    /// The view that the fragment of an address names; the bench when it names none.
    pub fn of_fragment(fragment: &str) -> Self {
        let name = fragment.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|route| route.name() == name).unwrap_or_default()
    }

    /// The fragment of this view's address, with `#`.
    pub fn href(self) -> String {
        format!("#/{}", self.name())
    }

    /// What the tab is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Bench => "Bench",
            Self::Checks => "Checks",
            Self::Faults => "Faults",
            Self::Practice => "Practice",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bench => "bench",
            Self::Checks => "checks",
            Self::Faults => "faults",
            Self::Practice => "practice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_back_to_its_view() {
        for route in Route::ALL {
            assert_eq!(Route::of_fragment(route.href().trim_start_matches('#')), route);
        }
    }

    #[test]
    fn an_unknown_address_leads_to_the_bench() {
        assert_eq!(Route::of_fragment(""), Route::Bench);
        assert_eq!(Route::of_fragment("/nowhere"), Route::Bench);
        assert_eq!(Route::of_fragment("/checks/load?x"), Route::Checks);
    }
}
