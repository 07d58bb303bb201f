//! What the view of faults holds.

use leptos::prelude::*;

use crate::browser::page;
use crate::model::faults::link::{FaultyLink, encoded};
use crate::model::faults::links::ProxyState;
use crate::model::faults::round_trips::RoundTrips;
use crate::model::faults::setting::Setting;
use crate::model::faults::toxic::{TOXICS, Toxic};
use crate::model::route::Route;

/// Whether a proxy answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Api {
    /// No answer has come yet.
    #[default]
    Unknown,
    /// It answers.
    There,
    /// It does not, for this reason.
    Missing(String),
}

/// Whether the proxy gets through to the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// Not asked yet.
    #[default]
    Unasked,
    /// On its way.
    Asking,
    /// It does, at this address.
    There(String),
    /// It does not, for this reason.
    Wrong(String),
}

/// A toxic, as it is set here.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub toxic: &'static Toxic,
    pub setting: RwSignal<Setting>,
    /// What the API had against it.
    pub trouble: RwSignal<String>,
    /// A change is on its way.
    pub is_busy: RwSignal<bool>,
    /// What is to be sent next, and for which key; only the latest counts.
    pub due: StoredValue<Option<(String, Setting)>>,
}

/// All of it. A copy is the same store.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub link: RwSignal<FaultyLink>,
    pub protocols: RwSignal<String>,
    /// Something of the link was typed here, and it does not follow the bench any more.
    pub is_typed: RwSignal<bool>,
    pub reach: RwSignal<Reach>,
    pub api: RwSignal<Api>,
    pub proxy: RwSignal<ProxyState>,
    /// What the probe of this view has measured.
    pub trips: RwSignal<RoundTrips>,
    pub rows: StoredValue<Vec<Row>>,
    /// Grows with every change that is made here: what the server said before is not how it is.
    pub changes: StoredValue<u64>,
    /// The view is looked at.
    pub is_seen: RwSignal<bool>,
    /// A word to the person that goes away by itself, and whether it is a bad one.
    pub notice: RwSignal<Option<(String, bool)>>,
}

/// Under which name key and seed are kept.
const KEPT: &str = "faults";

impl Store {
    pub fn new() -> Self {
        let row = |toxic: &'static Toxic| Row {
            toxic,
            setting: RwSignal::new(Setting::of(toxic)),
            trouble: RwSignal::default(),
            is_busy: RwSignal::default(),
            due: StoredValue::default(),
        };
        let kept = page::kept(KEPT).unwrap_or_default();
        let (key, seed) = kept.split_once('\n').unwrap_or_default();
        let link = FaultyLink { key: key.to_owned(), seed: seed.to_owned(), ..FaultyLink::default() };
        Self {
            link: RwSignal::new(link),
            protocols: RwSignal::default(),
            is_typed: RwSignal::default(),
            reach: RwSignal::default(),
            api: RwSignal::default(),
            proxy: RwSignal::default(),
            trips: RwSignal::default(),
            rows: StoredValue::new(TOXICS.iter().map(row).collect()),
            changes: StoredValue::default(),
            is_seen: RwSignal::default(),
            notice: RwSignal::default(),
        }
    }

    /// Whether this view is the one that is shown.
    pub fn is_on_top() -> bool {
        Route::of_fragment(&page::fragment()) == Route::Faults && !page::is_hidden()
    }

    /// Takes the connection that is selected on the bench for the target. A connection that is behind the proxy already is
    /// taken apart.
    pub fn take_from_bench(&self) {
        let given = page::given(page::BENCH_CONNECTION).unwrap_or_default();
        let (address, protocols) = given.split_once('\n').unwrap_or((&given, ""));
        let address = match address {
            "" => page::own_socket_address("/ws/echo"),
            address => address.to_owned(),
        };
        let old = self.link.get_untracked();
        let link = match FaultyLink::of_address(&address) {
            Some(link) => link,
            None => FaultyLink { to: address, ..old.clone() },
        };
        self.protocols.set(protocols.to_owned());
        self.is_typed.set(false);
        if link != old {
            self.link.set(link);
        }
    }

    /// The key of this link, empty for none.
    pub fn key(&self) -> String {
        self.link.with_untracked(|link| link.key.clone())
    }

    /// Keeps what a person would not want to type again.
    pub fn keep(&self) {
        self.link.with_untracked(|link| page::keep(KEPT, &format!("{}\n{}", link.key, link.seed)));
    }

    pub fn all_rows(&self) -> Vec<Row> {
        self.rows.get_value()
    }

    pub fn settings(&self) -> Vec<Setting> {
        self.all_rows().iter().map(|row| row.setting.get_untracked()).collect()
    }

    /// How many toxics are on.
    pub fn on(&self) -> usize {
        self.all_rows().iter().filter(|row| row.setting.with(|it| it.is_on)).count()
    }

    /// What the bench learns: the key, and on a line each the toxics that strike this link, by name and title.
    pub fn told(&self) -> String {
        let mut told = self.link.with(|link| encoded(&link.key));
        for row in self.all_rows().iter().filter(|row| row.setting.with(|it| it.is_on)) {
            told += &format!("\n{}\t{}", row.toxic.name, row.toxic.title);
        }
        self.proxy.with(|proxy| {
            for other in &proxy.others {
                let kind = other.words.split(' ').next().unwrap_or_default();
                let title = TOXICS.iter().find(|toxic| toxic.name == kind).map_or(kind, |toxic| toxic.title);
                told += &format!("\n{kind}\t{title}");
            }
        });
        told
    }

    pub fn say(&self, words: impl Into<String>) {
        self.notice.set(Some((words.into(), false)));
    }

    pub fn complain(&self, words: impl Into<String>) {
        self.notice.set(Some((words.into(), true)));
    }
}
