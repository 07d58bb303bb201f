//! Adds up the results that test runners print.
//!
//! A runner that was started and never said how it ended counts as one failure: silence is not success.

/// What passed and what failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
}

impl Count {
    /// Of a stage that is one check.
    pub fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into() }
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Reads the output of `cargo test`, line by line.
#[derive(Debug, Default)]
pub struct Tally {
    count: Count,
    /// A runner was named and has not said its result.
    waiting: bool,
}

impl Tally {
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(count) = result(line) {
            self.count += count;
            self.waiting = false;
        } else if line == "no tests to run!" {
            // The wasm runner's word for an empty file; it prints no result then.
            self.waiting = false;
        } else if starts_a_runner(line) {
            self.settle();
            self.waiting = true;
        }
    }

    /// The sum, given whether `cargo test` itself was content.
    pub fn finish(mut self, success: bool) -> Count {
        self.settle();
        if !success && self.count.failed == 0 {
            // It did not build, or died after its last word.
            self.count.failed = 1;
        }
        self.count
    }

    fn settle(&mut self) {
        self.count.failed += usize::from(self.waiting);
        self.waiting = false;
    }
}

/// `test result: ok. 5 passed; 0 failed; …`
fn result(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |what: &str| {
        let before = rest.split(what).next().filter(|before| before.len() < rest.len())?;
        before.rsplit([' ', ';']).next()?.parse().ok()
    };
    Some(Count { passed: number(" passed")?, failed: number(" failed")? })
}

/// Cargo's `Running tests/x.rs (target/…/x-1a2b)` and `Doc-tests x`, not a test's own words.
fn starts_a_runner(line: &str) -> bool {
    line.starts_with("Doc-tests ")
        || (line.starts_with("Running ") && line.ends_with(')') && line.contains("deps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, success: bool, passed: usize, failed: usize) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        assert_eq!(tally.finish(success), Count { passed, failed });
    }

    const GOOD: &str = "
     Running unittests src/lib.rs (target/debug/deps/sockscope-01)

running 3 tests
...
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests sockscope
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn results_are_summed_over_runners() {
        check(GOOD, true, 6, 0);
    }

    #[test]
    fn failed_tests_are_counted() {
        check("test result: FAILED. 12 passed; 34 failed; 0 ignored; finished in 1s", false, 12, 34);
    }

    #[test]
    fn a_runner_that_dies_is_a_failure_wherever_it_stands() {
        let dead = "     Running tests/server.rs (target/debug/deps/server-02)\nrunning 9 tests";
        check(&format!("{dead}\n{GOOD}"), false, 6, 1);
        check(&format!("{GOOD}\n{dead}"), false, 6, 1);
        check(&format!("{GOOD}\n{dead}"), true, 6, 1);
    }

    #[test]
    fn what_does_not_build_is_a_failure() {
        check("error: could not compile `sockscope`", false, 0, 1);
        check("", true, 0, 0);
    }

    #[test]
    fn the_words_of_the_wasm_runner_are_understood() {
        let output = "     Running tests/web_a.rs (target/wasm32-unknown-unknown/debug/deps/web_a-03.wasm)
no tests to run!
     Running tests/web_b.rs (target/wasm32-unknown-unknown/debug/deps/web_b-04.wasm)
Running headless tests in Chrome on `http://127.0.0.1:1/`
test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.50s";
        check(output, true, 4, 0);
    }
}
