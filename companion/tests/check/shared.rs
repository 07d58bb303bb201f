//! The command on a machine that it shares: what others have put in its way, and what it lets them see.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use sockscope_host::process::{Signal, signal};
use support::binary;
use support::call::{Call, until};
use support::suites::LONG;

/// Another user, where the tests may act for others.
const STRANGER: u32 = 1001;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

/// A folder for temporary files as all users of a machine have it.
fn common_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).expect("it is ours");
    folder
}

/// Gives something to another user, where root runs the tests; elsewhere it stays ours.
fn give_away(path: &Path) {
    let _ = chown(path, Some(STRANGER), Some(STRANGER));
}

/// A call whose server never gets ready, on the first free port from a known one on.
fn reserving(temporary: &Path, port: &str) -> Call {
    let start = ["first-contact", "--start", "sleep 600", "--ready-timeout", "300ms", "--start-port", port];
    Call::new(&start).with_env("TMPDIR", &temporary.display().to_string())
}

#[test]
fn a_link_where_ports_were_reserved_leads_nowhere() {
    let (temporary, victim) = (common_folder(), tempfile::tempdir().expect("a folder"));
    fs::set_permissions(victim.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    symlink(victim.path(), temporary.path().join("sockscope-ports")).expect("a link");
    let ended = reserving(temporary.path(), "18100").run();
    ended.assert_code(3);
    ended.assert_says(&["was not ready within 300ms"]);
    assert_eq!(mode(victim.path()), 0o700, "its mode has not changed");
    assert_eq!(fs::read_dir(victim.path()).expect("a folder").count(), 0, "nothing was made there");
}

#[test]
fn what_a_stranger_has_put_where_ports_were_reserved_is_not_opened_and_not_waited_for() {
    let (temporary, victim) = (common_folder(), tempfile::tempdir().expect("a folder"));
    let folder = temporary.path().join("sockscope-ports");
    fs::create_dir(&folder).expect("a folder");
    for port in 18_200..18_210 {
        symlink(victim.path().join("nologin"), folder.join(port.to_string())).expect("a link");
    }
    for port in 18_300..18_302 {
        let made = Command::new("mkfifo").arg(folder.join(port.to_string())).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo makes a pipe");
    }
    give_away(&folder);
    for port in ["18200", "18300"] {
        let ended = reserving(temporary.path(), port).run();
        ended.assert_code(3);
        ended.assert_says(&["was not ready within 300ms"]);
    }
    assert_eq!(fs::read_dir(victim.path()).expect("a folder").count(), 0, "no file was made through a link");
}

#[test]
fn a_second_signal_ends_a_command_that_waits_for_a_reader_of_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("report");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo makes a pipe");
    let mut running = Call::new(&["first-contact", "--json", &pipe.display().to_string()]).start();
    running.until_says("first-contact");
    until("the command to end at its second signal", || {
        running.signal(Signal::Terminate);
        sleep(Duration::from_millis(300));
        running.has_ended().then_some(())
    });
    running.wait().assert_code(5);
}

/// Where a browser of the command keeps its profile: in the folder that its driver was given.
fn folder_of(line: &str) -> &Path {
    let (_, profile) = line.split_once("--user-data-dir=").expect("a profile");
    Path::new(profile.split(' ').next().expect("a path")).parent().expect("it is in a folder")
}

#[test]
fn a_command_that_is_killed_leaves_no_process_and_no_folder() {
    let serve = format!("{} serve --port {{port}}", binary());
    let mut running = Call::new(&["OUT/s.json", "--start", &serve]).with_file("s.json", LONG).start();
    running.until_says("pass  short");
    let (_, line) = running
        .processes()
        .into_iter()
        .find(|(_, line)| line.contains("--user-data-dir=/"))
        .expect("there is a browser");
    let folder = folder_of(&line).to_owned();
    assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    running.signal(Signal::Kill);
    // The wait proves that no process is left.
    assert_eq!(running.wait().code, None);
    until("the folder to be gone", || (!folder.exists()).then_some(()));
}

#[test]
fn a_secret_of_the_shell_does_not_leave_with_the_browser() {
    let call = Call::new(&["OUT/s.json"]).with_file("s.json", LONG).with_env("TOK", "Tr0ub4dor");
    let mut running = call.start();
    running.until_says("pass  short");
    let driver = running.until_process("--port=0");
    let variables = fs::read(format!("/proc/{driver}/environ")).expect("it is ours");
    let variables = String::from_utf8_lossy(&variables);
    assert!(variables.contains("PATH=") && variables.contains("TMPDIR="), "{variables}");
    assert!(!variables.contains("Tr0ub4dor"), "{variables}");
    running.signal(Signal::Interrupt);
    running.wait().assert_code(5);
}

#[test]
fn reports_are_for_those_that_the_mask_of_the_user_lets_in() {
    for (mask, wanted) in [("077", 0o600), ("022", 0o644), ("002", 0o664)] {
        let ended = Call::new(&["first-contact", "--json", "OUT/r.json", "--har", "OUT/r.har"])
            .after(&format!("umask {mask}"))
            .run();
        ended.assert_code(0);
        for name in ["r.json", "r.har"] {
            assert_eq!(mode(&ended.path(name)), wanted, "{name} under {mask}");
        }
    }
}

/// A suite that learns a secret and then waits. The server prints it, as careless ones do.
const LEARNS: &str = r#"{ "sockscope": 1, "suite": "captured",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "one": "Tr0ub4dor", "other": "97531", "token": "" },
  "secrets": ["token"],
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [
    { "check": "short", "steps": [ { "connect": "bob" },
      { "on": "bob", "send": { "token": "{{one}}{{other}}" }, "expect": { "subset": {}, "capture": { "token": "$.token" } } } ] },
    { "check": "long", "steps": [ { "connect": "bob" }, { "on": "bob", "expect": { "text": "never", "within": "10m" } } ] } ] }"#;

#[test]
fn a_secret_that_a_run_has_captured_is_in_no_report_when_its_browser_dies() {
    let server = format!("echo token Tr0ub4dor97531\nexec {} serve --port $1\n", binary());
    let start = "sh OUT/server.sh {port}";
    let arguments = [
        "OUT/s.json",
        "--start",
        start,
        "--json",
        "OUT/r.json",
        "--html",
        "OUT/r.html",
        "--junit",
        "OUT/r.xml",
    ];
    let call = Call::new(&arguments).with_file("s.json", LEARNS).with_file("server.sh", &server);
    let mut running = call.start();
    running.until_says("pass  short");
    let browser = running.processes().into_iter().find(|(_, line)| {
        line.contains("--headless=new") && !line.contains("--type=") && !line.contains("crashpad")
    });
    signal(browser.expect("there is a browser").0, Signal::Kill);
    let ended = running.wait();
    ended.assert_code(3);
    let report = ended.json("r.json");
    assert!(report["server"]["output"].to_string().contains("left out: the browser is gone"), "{report:#}");
    for name in ["r.json", "r.html", "r.xml"] {
        let text = ended.file(name);
        assert!(!text.contains("Tr0ub4dor97531"), "{name}: {text}");
    }
    ended.assert_says(&["the browser has ended"]);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("Tr0ub4dor97531"));
}
