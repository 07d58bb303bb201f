//! Every way to end: each exit code, and that nothing is left of what was started.

use std::net::TcpListener;

use sockscope_host::process::{Signal, signal};
use support::binary;
use support::call::{Call, until};
use support::endings;
use support::suites::{FAILING, LONG, UNSURE};

#[test]
fn all_passed_is_0() {
    endings::all_passed_is_0(Call::new);
}

#[test]
fn a_failed_check_is_1() {
    endings::a_failed_check_is_1_and_explained(Call::new);
}

#[test]
fn log_names_the_stages_of_a_run_and_no_secret() {
    let call = Call::new(&["OUT/s.json", "--log", "debug"]).with_file("s.json", FAILING);
    let ended = call.with_env("TOKEN", "Tr0ub4dor-3xyz").run();
    ended.assert_code(1);
    for stage in [
        "server: listening",
        "check: finding the browser and starting its driver",
        "check: the driver is ready took=",
        "run{suite=\"failing\"}: check: opening a browser",
        "run{suite=\"failing\"}: check: the page is ready in every browser browsers=1",
        "run{suite=\"failing\"}: check: over took=",
        "route=\"/ws/echo\"}: websocket: closed code=1000",
        "check: ending what was started",
        "server: stopped",
    ] {
        assert!(ended.stderr.contains(stage), "{stage} is not in\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("Tr0ub4dor"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("DEBUG"), "{}", ended.stdout);
}

#[test]
fn a_failed_threshold_is_1() {
    endings::a_failed_threshold_is_1(Call::new);
}

#[test]
fn what_came_instead_and_what_is_noted_of_a_pass_stand_on_the_terminal() {
    endings::what_came_instead_stands_on_the_terminal(Call::new);
}

#[test]
fn what_is_wrong_with_suites_is_2_with_its_place_and_nothing_starts() {
    let text = "{ \"sockscope\": 1, \"suite\": \"x\", \"clients\": { \"a\": { \"url\": \"ws://h\" } },\n  \"checks\": [ { \"check\": \"c\", \"steps\": [ { \"conect\": \"a\" } ] } ] }";
    let ended = Call::new(&["OUT/bad.json", "laod", "--browser", "/nowhere/chrome"])
        .with_file("bad.json", text)
        .run();
    ended.assert_code(2);
    ended.assert_says(&["bad.json:2:44: ", "did you mean \"connect\"?", "laod: there is no such file"]);
    for (arguments, words) in [
        (&["load", "--var", "num_client=3"][..], "did you mean \"num_clients\"?"),
        (&["load", "--var", "num_clients"], "write NAME=VALUE"),
        (&["load", "--tag", "nosuchtag"], "no check of these suites has the given tags"),
        (&["load", "--env-file", "OUT/none.env"], "none.env: "),
        (&["load", "--shards", "0"], "0 is not in 1..=64"),
        (&["load", "--ready", "tcp"], "--start"),
        (&["load", "--timeout", "soon"], "write a number with"),
        (&[], "SUITE"),
    ] {
        let ended = Call::new(arguments).run();
        ended.assert_code(2);
        ended.assert_says(&[words]);
    }
}

#[test]
fn no_browser_is_3() {
    let ended = Call::new(&["first-contact", "--browser", "/nowhere/chrome"]).run();
    ended.assert_code(3);
    ended.assert_says(&["/nowhere/chrome: there is no such browser"]);
    let bare = Call::new(&["first-contact"])
        .with_env("PATH", "/nowhere")
        .with_env("CHROME", "")
        .with_env("CHROMEDRIVER", "")
        .with_env("FIREFOX", "")
        .with_env("GECKODRIVER", "");
    let ended = bare.run();
    ended.assert_code(3);
    ended.assert_says(&["no browser was found"]);
    let ended = Call::new(&["first-contact", "--webdriver", "http://127.0.0.1:9"]).run();
    ended.assert_code(3);
    ended.assert_says(&["http://127.0.0.1:9", "could not open a browser"]);
}

#[cfg(unix)]
#[test]
fn a_driver_that_finds_its_port_taken_is_started_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().expect("a folder");
    let (driver, tries) = (folder.path().join("driver"), folder.path().join("tries"));
    let real = std::env::var("CHROMEDRIVER").expect("CHROMEDRIVER is set by `cargo xtask test`");
    let start_with = |taken: usize| {
        let script = format!(
            "#!/bin/sh\necho >> '{0}'\nif [ $(wc -l < '{0}') -le {taken} ]; then\n  \
             echo 'bind() failed: Address already in use (98)'; exit 1\nfi\nexec '{real}' \"$@\"\n",
            tries.display(),
        );
        std::fs::write(&driver, script).expect("a file");
        std::fs::set_permissions(&driver, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        Call::new(&["first-contact"]).with_env("CHROMEDRIVER", &driver.display().to_string()).run()
    };
    start_with(1).assert_code(0);
    std::fs::remove_file(&tries).expect("it was tried");
    let never = start_with(9);
    never.assert_code(3);
    never.assert_says(&["has not said where it listens", "Address already in use"]);
    let tried = std::fs::read_to_string(&tries).expect("it was tried");
    assert_eq!(tried.lines().count(), 3);
}

#[test]
fn a_server_that_does_not_start_is_3_and_its_words_are_shown() {
    let ended = Call::new(&["first-contact", "--start", "echo no licence; exit 4"]).run();
    ended.assert_code(3);
    ended.assert_says(&["before it was ready", "no licence"]);
    let never =
        Call::new(&["first-contact", "--start", "echo waiting; sleep 600", "--ready-timeout", "500ms"]).run();
    never.assert_code(3);
    never.assert_says(&["was not ready within 500ms", "no server accepts connections on port", "waiting"]);
}

#[test]
fn a_report_that_cannot_be_written_is_3_before_anything_starts() {
    let ended = Call::new(&["first-contact", "--json", "OUT"]).run();
    ended.assert_code(3);
    ended.assert_says(&["cannot write"]);
    assert!(!ended.stdout.contains("pass"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_judged_is_5() {
    let ended = Call::new(&["OUT/s.json"]).with_file("s.json", UNSURE).run();
    ended.assert_code(5);
    ended.assert_says(&["INCONCLUSIVE", "timer_step"]);
}

/// A run that is at its long check.
fn at_the_long_check(more: &[&str]) -> support::call::Running {
    let arguments =
        [&["OUT/s.json", "--json", "OUT/r.json", "--junit", "OUT/r.xml", "--jsonl", "OUT/r.jsonl"], more]
            .concat();
    let running = Call::new(&arguments).with_file("s.json", LONG).start();
    running.until_says("pass  short");
    running
}

#[test]
fn ctrl_c_writes_the_reports_and_leaves_nothing() {
    let serve = format!("{} serve --port {{port}}", binary());
    for (asked, more) in [(Signal::Interrupt, &[][..]), (Signal::Terminate, &["--start", &serve])] {
        let running = at_the_long_check(more);
        running.signal(asked);
        let ended = running.wait();
        ended.assert_code(5);
        let report = ended.json("r.json");
        assert_eq!(report["verdict"], "inconclusive", "{report}");
        assert_eq!(report["checks"][0]["verdict"], "pass");
        assert!(ended.file("r.xml").contains("inconclusive"));
        assert!(ended.file("r.jsonl").contains("\"event\":\"opened\""));
        ended.assert_says(&["stopped before everything had run"]);
    }
}

#[test]
fn a_command_stopped_early_does_not_wait() {
    let opening = Call::new(&["load", "--shards", "6", "--json", "OUT/r.json"]);
    let mut running = opening.start();
    running.until_process("--type=renderer");
    running.signal(Signal::Interrupt);
    running.wait().assert_code(5);
    // It reads a suite that never comes.
    let running = Call::new(&["-"]).with_open_input().start();
    running.until_it_hears_signals();
    running.signal(Signal::Interrupt);
    running.wait().assert_code(5);
}

#[test]
fn a_failure_in_any_shard_is_shown_once_and_as_one() {
    let in_the_second = FAILING.replace(
        r#""clients": { "bob": { "url": "{{ws_url}}/echo" } }"#,
        r#""clients": { "bob": { "url": "{{ws_url}}/echo", "count": 2 } }"#,
    );
    let in_the_second = in_the_second
        .replace(r#""n": 1, "token""#, r#""n": "{{index}}", "token""#)
        .replace("{ \"n\": 2 }", "{ \"n\": 0 }");
    let ended = Call::new(&["OUT/s.json", "--shards", "2", "--check", "bob hears two"])
        .with_file("s.json", &in_the_second)
        .run();
    ended.assert_code(1);
    ended.assert_says(&["FAIL  bob hears two", "shard 1: "]);
    assert!(!ended.stdout.contains("pass  bob hears two"), "{}", ended.stdout);
}

#[test]
fn a_browser_that_is_killed_in_mid_run_is_3_with_a_report() {
    let mut running = at_the_long_check(&[]);
    let browser = running.processes().into_iter().find(|(_, line)| {
        line.contains("--headless=new") && !line.contains("--type=") && !line.contains("crashpad")
    });
    let (browser, _) = browser.expect("there is a browser");
    signal(browser, Signal::Kill);
    let ended = running.wait();
    ended.assert_code(3);
    ended.assert_says(&["the browser has ended", "while \"long\" ran; 1 of 3 checks had ended"]);
    let report = ended.json("r.json");
    assert_eq!((&report["verdict"], &report["checks"][0]["name"]), (&"error".into(), &"short".into()));
    assert!(ended.file("r.xml").contains("<error"), "{}", ended.file("r.xml"));
}

#[test]
fn a_driver_that_is_killed_takes_no_browser_with_it_into_the_dark() {
    let mut running = at_the_long_check(&[]);
    let driver = running.until_process("--port=0");
    signal(driver, Signal::Kill);
    running.wait().assert_code(3);
}

#[test]
fn a_page_that_hangs_is_3() {
    let mut running = at_the_long_check(&[]);
    for (pid, line) in running.processes() {
        if line.contains("--type=renderer") {
            signal(pid, Signal::Stop);
        }
    }
    let ended = running.wait();
    ended.assert_code(3);
    ended.assert_says(&["has not answered for"]);
}

#[test]
fn a_suite_that_takes_too_long_is_stopped() {
    let ended = Call::new(&["OUT/s.json", "--timeout", "5s"]).with_file("s.json", LONG).run();
    ended.assert_code(5);
    ended.assert_says(&["stopped by --timeout after 5s", "1 check passed"]);
}

#[test]
fn a_server_that_dies_in_mid_run_is_a_failure_with_its_last_words() {
    let dies = format!(
        "{} serve --port {{port}} & server=$!; while [ ! -e OUT/die ]; do sleep 0.1; done; \
         echo out of memory; kill -9 $server; exit 9",
        binary()
    );
    let arguments = ["OUT/s.json", "--start", &dies, "--json", "OUT/r.json", "--no-tls"];
    let running = Call::new(&arguments).with_file("s.json", LONG).start();
    running.until_says("pass  short");
    std::fs::write(running.path("die"), "").expect("a file");
    let ended = running.wait();
    ended.assert_code(1);
    ended.assert_says(&["the server closed with 1006", "out of memory"]);
    assert!(ended.json("r.json")["server"]["output"].to_string().contains("out of memory"));
}

#[test]
fn the_first_failure_ends_everything_when_asked() {
    endings::fail_fast_stops_with_the_first_failure(Call::new);
}

#[test]
fn two_commands_at_once_and_a_taken_port_do_not_meet() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let serve = format!("{} serve --port {{port}}", binary());
    let arguments =
        ["first-contact", "--start", &serve, "--start-port", &port, "--json", "OUT/r.json", "--no-tls"];
    let (one, other) = (Call::new(&arguments).start(), Call::new(&arguments).start());
    let commands = [one.wait(), other.wait()].map(|ended| {
        ended.assert_code(0);
        ended.json("r.json")["server"]["command"].as_str().expect("a command").to_owned()
    });
    assert_ne!(commands[0], commands[1]);
    assert!(commands.iter().all(|command| !command.contains(&format!("--port {port}"))), "{commands:?}");
    until("the port to be ours still", || taken.local_addr().ok());
}
