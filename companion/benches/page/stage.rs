//! What a case has: our page and the bare one in one browser, the practice server, the flood, and how long to measure.

use serde_json::{Value, json};
use support::page::{Browser, Kind, Practice};

use super::{flood, site};

/// All that cases share.
pub struct Stage {
    /// The browser with one tab, in which ours and the bare page take turns.
    pub browser: Browser,
    /// The server under load.
    pub practice: Practice,
    /// Where the flood comes from.
    pub flood: String,
    /// Less of everything, to see that it works.
    pub is_quick: bool,
    bare: String,
}

impl Stage {
    pub async fn set(is_quick: bool) -> Self {
        let practice = Practice::start();
        // A page frees what it keeps for itself only on request; memory is asked for at once.
        let browser =
            Browser::start(Kind::Chromium, &["--enable-blink-features=ForceEagerMeasureMemory"]).await;
        Self { browser, practice, flood: flood::serve(), is_quick, bare: site::serve() }
    }

    pub async fn strike(self) {
        self.browser.end().await;
    }

    /// This many pairs.
    pub fn pairs(&self) -> usize {
        if self.is_quick { 3 } else { 7 }
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
