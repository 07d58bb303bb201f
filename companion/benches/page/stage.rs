//! What a case has: our page and the bare one in one browser, the practice server, the flood, and how long to measure.

use std::rc::Rc;

use serde_json::{Value, json};
use support::page::{Browser, Kind, Practice};

use super::{flood, site};

/// All that cases share.
pub struct Stage {
    /// The browser with one tab, in which ours and the bare page take turns.
    pub browser: Rc<Browser>,
    /// The server under load.
    pub practice: Practice,
    /// Where the flood comes from.
    pub flood: String,
    /// Less of everything, to see that it works.
    pub is_quick: bool,
    /// What a first visit transfers, if that was said.
    pub first_load: Option<f64>,
    /// Each case has one pair, since it runs several times.
    is_single: bool,
    bare: String,
}

impl Stage {
    pub async fn set(is_quick: bool) -> Self {
        let practice = Practice::start();
        // A page frees what it keeps for itself only on request; memory is asked for at once.
        let browser =
            Browser::start(Kind::Chromium, &["--enable-blink-features=ForceEagerMeasureMemory"]).await;
        Self {
            browser: Rc::new(browser),
            practice,
            flood: flood::serve(),
            is_quick,
            first_load: bytes("SOCKSCOPE_FIRST_LOAD"),
            is_single: false,
            bare: site::serve(),
        }
    }

    /// The same browser with the pages of another build. On both each case has one pair from now on.
    pub fn beside(&mut self, binary: &str) -> Self {
        self.is_single = true;
        Self {
            browser: self.browser.clone(),
            practice: Practice::start_of(binary, &[]),
            flood: self.flood.clone(),
            is_quick: self.is_quick,
            first_load: bytes("SOCKSCOPE_AGAINST_FIRST_LOAD"),
            is_single: true,
            bare: self.bare.clone(),
        }
    }

    /// To be called when no other stage has the browser.
    pub async fn strike(self) {
        if let Some(browser) = Rc::into_inner(self.browser) {
            browser.end().await;
        }
    }

    /// This many pairs.
    pub fn pairs(&self) -> usize {
        match (self.is_single, self.is_quick) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 7,
        }
    }

    /// This many, or a part of it.
    pub fn of(&self, all: usize) -> usize {
        if self.is_quick { (all / 5).max(1) } else { all }
    }

    /// The address of the echo.
    pub fn echo(&self) -> String {
        format!("{}/echo", self.practice.ws)
    }

    /// Runs a task of the bare page in it, newly loaded; `before` runs in the page first.
    pub async fn bare(&self, task: &str, options: &Value, before: &str) -> Value {
        self.browser.open(&self.bare).await;
        self.browser.until_script("return typeof bare === 'function'").await;
        self.browser.run(before).await;
        self.bare_again(task, options).await
    }

    /// Runs a task of the bare page in it as it is.
    pub async fn bare_again(&self, task: &str, options: &Value) -> Value {
        let answer = self.browser.answer(&format!("bare({}, {options})", json!(task))).await;
        assert!(answer.get("error").is_none(), "{task}: {answer}");
        answer
    }

    /// Runs a suite in our page, newly loaded, and gives its report.
    pub async fn ours(&self, suite: &Value, before: &str) -> Value {
        self.browser.open(&format!("{}#/checks", self.practice.page)).await;
        let is_there = "return document.querySelector('[data-testid=suites]')?.hidden === false";
        self.browser.until_script(is_there).await;
        self.browser.run(before).await;
        self.again(suite).await
    }

    /// Runs a suite in our page as it is.
    pub async fn again(&self, suite: &Value) -> Value {
        let report = self.browser.answer(&format!("sockscope.run({}, {{}})", json!(suite.to_string()))).await;
        assert_eq!(report["verdict"], "pass", "{report:#}");
        report
    }
}

/// A number of bytes that the command has said.
fn bytes(name: &str) -> Option<f64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Both halves of a pair, one right after the other; who begins changes from pair to pair.
pub async fn by_turns<A, B>(
    pair: usize,
    ours: impl AsyncFnOnce() -> A,
    theirs: impl AsyncFnOnce() -> B,
) -> (A, B) {
    if pair.is_multiple_of(2) {
        let ours = ours().await;
        (ours, theirs().await)
    } else {
        let theirs = theirs().await;
        (ours().await, theirs)
    }
}

/// A number of an answer.
#[track_caller]
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// About 64 bytes of JSON, in which `place` stands for the number.
pub fn payload(place: &str) -> String {
    format!("{{\"n\":\"{place}\",\"type\":\"echo\",\"text\":\"{}\"}}", "x".repeat(23))
}
