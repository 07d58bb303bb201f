//! The command `sockscope` as a process.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, and not what they call")]

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const LONG: Duration = Duration::from_secs(20);

fn sockscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockscope"));
    // A tester may have set it.
    command.env_remove("SOCKSCOPE_LOG");
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Starts a server and reads its line.
async fn serve(arguments: &[&str]) -> (Child, Value) {
    let mut child = sockscope(&[&["serve", "--print-urls"], arguments].concat()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line");
    (child, serde_json::from_str(&line).unwrap())
}

/// Runs a command that ends by itself: its exit code and its standard error.
async fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = timeout(LONG, sockscope(arguments).output()).await.expect("an end in time").unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn port(url: &Value) -> u16 {
    url.as_str().unwrap().rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn print_urls_is_one_line_of_json() {
    let (child, urls) = serve(&["--port", "0"]).await;
    let port = port(&urls["http"]);
    assert_eq!(urls["ws"], format!("ws://localhost:{port}/ws"));
    assert_eq!(urls["api"], format!("http://localhost:{port}/api"));
    assert_eq!(urls["page"], format!("http://localhost:{port}/"));
    assert_eq!((&urls["https"], &urls["wss"]), (&Value::Null, &Value::Null));
    drop(child);
}

#[tokio::test]
async fn tls_takes_a_second_free_port() {
    let (_child, urls) = serve(&["--port", "0", "--tls"]).await;
    assert_ne!(port(&urls["https"]), port(&urls["http"]));
    assert_eq!(urls["wss"], format!("wss://localhost:{}/ws", port(&urls["https"])));
}

#[tokio::test]
async fn people_get_an_answer_in_words() {
    let mut child = sockscope(&["serve", "--port", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.contains("Ctrl+C") {
        text += &timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line");
    }
    assert!(text.contains("http://localhost:") && text.contains("ws://localhost:"), "{text}");
}

#[tokio::test]
async fn a_taken_port_is_said_with_the_ways_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, words) = run(&["serve", "--port", &port]).await;
    assert_eq!(code, Some(3));
    assert!(words.contains(&port) && words.contains("--start-port") && words.contains("--port 0"), "{words}");
}

#[tokio::test]
async fn a_taken_tls_port_is_said_with_its_own_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, words) = run(&["serve", "--port", "0", "--tls", "--tls-port", &port]).await;
    assert_eq!(code, Some(3));
    assert!(words.contains(&port) && words.contains("leave --tls-port out"), "{words}");
}

#[tokio::test]
async fn start_port_takes_the_next_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let start = taken.local_addr().unwrap().port();
    let (_child, urls) = serve(&["--start-port", &start.to_string()]).await;
    assert!(port(&urls["http"]) > start);
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        &["serve", "--prot", "1"][..],
        &["serve", "--port", "70000"],
        &["serve", "--port", "1", "--start-port", "1"],
        &["serve", "--tls-port", "1"],
        &["serve", "--allow-origin", "evil"],
        &["serve", "--allow-target", "ws://evil"],
        &["check", "first-contact", "--allow-target", "evil:port"],
        &["serve", "--max-message", "big"],
        &["serve", "--log", "loud"],
        &["check", "first-contact", "--log", "hyper=trace"],
        &["validate"],
        &["fmt"],
        &["lsp", "suite.json"],
        &["schema", "rooms.json"],
        &["sing"],
    ] {
        assert_eq!(run(arguments).await.0, Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn help_names_every_limit_with_its_default() {
    let output = sockscope(&["serve", "--help"]).output().await.unwrap();
    // However wide the terminal is that it was wrapped for.
    let help = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in [
        "connections",
        "message",
        "queue",
        "body",
        "rooms",
        "members",
        "docs",
        "doc",
        "users",
        "user-connections",
        "retained",
    ] {
        let at =
            help.find(&format!("--max-{limit} ")).unwrap_or_else(|| panic!("no --max-{limit} in\n{help}"));
        let next = help[at + 2..].find(" --").map_or(help.len(), |end| at + 2 + end);
        assert!(help[at..next].contains("[default: "), "no default of --max-{limit}");
    }
}

/// What a command that ends by itself says: its exit code, standard output and standard error.
async fn said(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = sockscope(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // Dropped at the end of the statement, which is the end of the input.
    child.stdin.take().unwrap().write_all(input).await.unwrap();
    let output = timeout(LONG, child.wait_with_output()).await.expect("an end in time").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/suite-valid/rooms.json");
const BROKEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/suite-errors/syntax.json");

#[tokio::test]
async fn good_suites_are_good() {
    assert_eq!(
        said(&["validate", GOOD], b"").await,
        (Some(0), "1 suite, no problem\n".into(), String::new())
    );
    assert_eq!(
        said(&["validate", GOOD, GOOD], b"").await,
        (Some(0), "2 suites, no problem\n".into(), String::new())
    );
}

#[tokio::test]
async fn a_broken_suite_is_reported_by_file_line_and_column() {
    let told = format!("{BROKEN}:3:32: a comma is missing here\n1 problem in 1 of 2 suites\n");
    assert_eq!(said(&["validate", GOOD, BROKEN], b"").await, (Some(2), String::new(), told));
}

#[tokio::test]
async fn a_folder_is_validated_with_all_suites_in_it_also_those_with_comments() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("more");
    std::fs::create_dir(&inner).expect("a folder in it");
    let good = std::fs::read_to_string(GOOD).expect("a suite");
    std::fs::write(folder.path().join("good.json"), &good).expect("a file");
    std::fs::write(inner.join("commented.jsonc"), format!("// what it proves\n{good}")).expect("a file");
    std::fs::write(folder.path().join("package.json"), "{}").expect("a file that is not a suite");
    let at = folder.path().display().to_string();
    assert_eq!(
        said(&["validate", &at], b"").await,
        (Some(0), "2 suites, no problem\n".into(), String::new())
    );
    let broken = inner.join("broken.jsonc");
    std::fs::copy(BROKEN, &broken).expect("a copy");
    let told = format!("{}:3:32: a comma is missing here\n1 problem in 1 of 3 suites\n", broken.display());
    assert_eq!(said(&["validate", &at], b"").await, (Some(2), String::new(), told));
    assert_eq!(said(&["validate", "load", GOOD], b"").await.0, Some(0), "a suite that ships has a name");
}

#[tokio::test]
async fn fmt_lays_files_out_in_place_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.jsonc");
    std::fs::write(&file, "{\"sockscope\":1, // kept\n\"suite\":\"a\",\"vars\":{\"n\":1.50,},}")
        .expect("a file");
    std::fs::write(folder.path().join("package.json"), "{}").expect("a file that is not a suite");
    let at = folder.path().display().to_string();
    let (code, out, words) = said(&["fmt", "--check", &at], b"").await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(words, format!("{0}: not formatted; run sockscope fmt {0}\n", file.display()));
    let told = format!("{}\n", file.display());
    assert_eq!(said(&["fmt", &at], b"").await, (Some(0), told, String::new()));
    let laid_out = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(laid_out, "{ \"sockscope\": 1, // kept\n  \"suite\": \"a\", \"vars\": { \"n\": 1.50 } }\n");
    assert_eq!(said(&["fmt", &at], b"").await, (Some(0), String::new(), String::new()), "nothing to do");
    assert_eq!(said(&["fmt", "--check", &at], b"").await, (Some(0), String::new(), String::new()));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("package.json")).expect("the file"),
        "{}",
        "what is not a suite stays"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn fmt_replaces_a_file_as_a_whole_and_keeps_its_mode_and_links_to_it() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (folder.path().join("a.json"), folder.path().join("link.json"));
    std::fs::write(&file, "{\"sockscope\":1}").expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("its mode");
    symlink("a.json", &link).expect("a link");
    let (code, ..) = said(&["fmt", &link.display().to_string()], b"").await;
    assert_eq!(code, Some(0));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "{ \"sockscope\": 1 }\n");
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing else is left");
}

#[tokio::test]
async fn fmt_answers_on_standard_output_and_refuses_what_it_cannot_read() {
    let (code, out, words) = said(&["fmt", "-"], b"{\"sockscope\":1}").await;
    assert_eq!((code, out.as_str(), words.as_str()), (Some(0), "{ \"sockscope\": 1 }\n", ""));
    let folder = tempfile::tempdir().expect("a folder");
    let (broken, file) = (folder.path().join("broken.json"), folder.path().join("file.json"));
    std::fs::copy(BROKEN, &broken).expect("a copy");
    std::fs::write(&file, "{\"sockscope\":1}").expect("a file");
    let before = std::fs::read_to_string(&broken).expect("the file");
    let (broken_at, file_at) = (broken.display().to_string(), file.display().to_string());
    let (code, out, words) = said(&["fmt", &broken_at, &file_at], b"").await;
    assert_eq!((code, out), (Some(2), format!("{file_at}\n")), "the good one is laid out");
    assert_eq!(words, format!("{broken_at}:3:32: a comma is missing here\n"));
    assert_eq!(std::fs::read_to_string(&broken).expect("the file"), before, "a broken file stays as it is");
    let (code, _, words) = said(&["fmt", "load"], b"").await;
    assert_eq!(code, Some(2));
    assert!(words.starts_with("load: this suite ships with the program"), "{words}");
}

#[tokio::test]
async fn a_suite_comes_from_standard_input() {
    let suite = br#"{ "sockscope": 1, "suite": "x", "checks": [{ "check": "c", "stepz": [] }] }"#;
    let told = "<stdin>:1:60: \"stepz\" is not a key of a check; did you mean \"steps\"? ($.checks[0].stepz)\n1 problem in 1 suite\n";
    assert_eq!(said(&["validate", "-"], suite).await, (Some(2), String::new(), told.into()));
}

#[tokio::test]
async fn what_cannot_be_read_is_said_in_words() {
    let (code, _, words) = said(&["validate", "no-such-suite.json"], b"").await;
    assert_eq!(code, Some(2));
    assert!(words.starts_with("no-such-suite.json: there is no such file, folder, or suite"), "{words}");
    let (code, _, words) = said(&["validate", concat!(env!("CARGO_MANIFEST_DIR"), "/src")], b"").await;
    assert_eq!(code, Some(2));
    assert!(words.contains("src: there is no suite in it"), "{words}");
    let (code, _, words) = said(&["validate", "-"], b"{\"\xff\"}").await;
    assert_eq!(
        (code, words.lines().next()),
        (Some(2), Some("<stdin>: expected UTF-8 text, found another byte at 2"))
    );
    let (code, _, words) = said(&["validate", "-"], &vec![b' '; (16 << 20) + 1]).await;
    assert_eq!((code, words.lines().next()), (Some(2), Some("<stdin>: is larger than the limit of 16MiB")));
}

#[tokio::test]
async fn the_schema_is_the_published_one() {
    let published = include_str!("../../suites/schema/suite-v1.schema.json");
    assert_eq!(said(&["schema"], b"").await, (Some(0), published.to_owned(), String::new()));
}

/// By the shell's own `kill`: a bare container has no other.
#[cfg(unix)]
async fn signalled(id: &str, signal: &str) {
    let kill = format!("kill -s {signal} {id}");
    assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_closes_every_websocket_with_1001_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let (mut child, urls) = serve(&["--port", "0"]).await;
        // A bare container may know no name, not even this one.
        let address = urls["ws"].as_str().unwrap().replace("localhost", "127.0.0.1");
        let (mut client, _) = connect_async(address).await.unwrap();
        client.send(Message::text("hello")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::text("hello"));
        let id = child.id().unwrap().to_string();
        signalled(&id, signal).await;
        match timeout(LONG, client.next()).await.expect("a close frame in time") {
            Some(Ok(Message::Close(Some(close)))) => {
                assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "server going away"));
            }
            other => panic!("{other:?}"),
        }
        let _ = client.close(None).await;
        let status = timeout(LONG, child.wait()).await.expect("an end in time").unwrap();
        let mut words = String::new();
        child.stderr.take().unwrap().read_to_string(&mut words).await.unwrap();
        assert_eq!((status.code(), words.as_str()), (Some(0), ""), "after SIG{signal}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_idle_http_connection_does_not_hold_up_the_end() {
    let (mut child, urls) = serve(&["--port", "0"]).await;
    let _idle = tokio::net::TcpStream::connect(("127.0.0.1", port(&urls["http"]))).await.unwrap();
    let id = child.id().unwrap().to_string();
    signalled(&id, "TERM").await;
    let status = timeout(Duration::from_secs(5), child.wait()).await.expect("an end in time").unwrap();
    assert_eq!(status.code(), Some(0));
}

/// A server that logs, and what it has logged.
#[cfg(unix)]
struct Logging {
    child: Child,
    port: u16,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    heard: String,
}

#[cfg(unix)]
impl Logging {
    async fn start(arguments: &[&str]) -> Self {
        let (mut child, urls) = serve(&[&["--port", "0"], arguments].concat()).await;
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, port: port(&urls["http"]), lines, heard: String::new() }
    }

    /// Waits for a line with this in it.
    async fn until(&mut self, part: &str) -> String {
        loop {
            let line = timeout(LONG, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("no {part:?} in\n{}", self.heard)).unwrap();
            let line = line.unwrap_or_else(|| panic!("ended without {part:?}\n{}", self.heard));
            self.heard += &format!("{line}\n");
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a request as it is written, and reads the answer.
    async fn ask(&self, request: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(LONG, stream.read_to_end(&mut answer)).await.expect("an answer in time").unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Ends it, and returns all that it has logged.
    async fn end(mut self) -> String {
        signalled(&self.child.id().unwrap().to_string(), "TERM").await;
        self.until("stopped").await;
        self.heard
    }
}

#[cfg(unix)]
#[tokio::test]
async fn serve_with_log_debug_names_a_connection_its_close_code_and_duration() {
    let mut server = Logging::start(&["--log", "debug"]).await;
    let (mut client, _) = connect_async(format!("ws://127.0.0.1:{}/ws/echo", server.port)).await.unwrap();
    let tokio_tungstenite::MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("no TLS here") };
    let peer = stream.local_addr().unwrap();
    let close =
        tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 4001.into(), reason: "why".into() };
    client.close(Some(close)).await.unwrap();
    while client.next().await.is_some_and(|message| message.is_ok()) {}
    let line = server.until("closed").await;
    for part in
        [&format!("connection{{peer={peer}}}"), "route=\"/ws/echo\"", "code=4001", "by=\"client\"", "took="]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let heard = server.end().await;
    for part in ["listening http=\"http://localhost:", "path=\"/ws/echo\" status=101", "stopping"] {
        assert!(heard.contains(part), "{part} is not in\n{heard}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn log_tells_the_stages_of_a_probe_and_what_became_of_it() {
    let mut server = Logging::start(&["--log", "info,probe=trace"]).await;
    let at = format!("127.0.0.1:{}", server.port);
    let body = format!(r#"{{"url":"ws://{at}/ws/nothing"}}"#);
    let length = body.len();
    let head = "POST /api/probe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    server.ask(&format!("{head}Content-Length: {length}\r\n\r\n{body}")).await;
    server.until("outcome=Answered status=404 took=").await;
    for part in ["begun", &format!("connected address={at}"), "handshake sent", "answered status=404"] {
        assert!(
            server.heard.contains(&format!("probe{{to=\"{at}\"}}: probe: {part}")),
            "{part}: {}",
            server.heard
        );
    }
    assert!(!server.heard.contains("POST"), "requests are of the level debug: {}", server.heard);
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_in_an_address_a_header_or_a_message_is_not_logged() {
    const SECRET: &str = "Tr0ub4dor-3xyz";
    let mut server = Logging::start(&["--log", "trace"]).await;
    let port = server.port;
    let fields = format!(
        "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer {SECRET}\r\nCookie: id={SECRET}\r\n\
         Sec-WebSocket-Protocol: {SECRET}\r\nX-Key: {SECRET}\r\nConnection: close\r\n\r\n"
    );
    for path in [
        format!("/ws/echo?token={SECRET}"),
        format!("/ws/fault?latency={SECRET}"),
        format!("/ws/proxy?to=ws://127.0.0.1:{port}/{SECRET}%3Ftoken={SECRET}"),
        format!("/ws/proxy?to=ws://me:{SECRET}@127.0.0.1:{port}/"),
        format!("/ws/proxy?to=wss://127.0.0.1:{port}/{SECRET}"),
    ] {
        server.ask(&format!("GET {path} HTTP/1.1\r\n{fields}")).await;
    }
    for (path, body) in [
        ("/api/probe", format!(r#"{{"url":"ws://127.0.0.1:{port}/{SECRET}?token={SECRET}"}}"#)),
        ("/api/probe", format!(r#"{{"url":"wss://127.0.0.1:{port}/{SECRET}"}}"#)),
        ("/api/probe", format!(r#"{{"url":"{SECRET}"}}"#)),
        ("/api/proxy/target", format!(r#"{{"to":"ws://127.0.0.1:{port}/{SECRET}"}}"#)),
        ("/api/events", format!(r#"{{"type":"{SECRET}"}}"#)),
    ] {
        let length = body.len();
        let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic ";
        server.ask(&format!("POST {path} {head}{SECRET}\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    }
    let path = format!("ws://127.0.0.1:{port}/ws/rooms?user={SECRET}");
    let (mut client, _) = connect_async(path).await.unwrap();
    client.send(Message::text(format!(r#"{{"type":"join","room":"{SECRET}"}}"#))).await.unwrap();
    client.next().await.unwrap().unwrap();
    let reason = SECRET.into();
    let close = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 1000.into(), reason };
    client.close(Some(close)).await.unwrap();
    server.until("route=\"/ws/rooms\"}: websocket: closed code=1000").await;
    let heard = server.end().await;
    for part in [
        &format!("proxy{{id=0 to=\"127.0.0.1:{port}\"}}"),
        "answered method=GET status=404",
        "path=\"/api/probe\" status=400",
        "path=\"/ws/proxy\" status=502",
    ] {
        assert!(heard.contains(part), "{part} is not in\n{heard}");
    }
    assert!(!heard.contains(SECRET), "{heard}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_environment_switches_logging_on_and_the_flag_wins() {
    for (flag, expected) in [(None, 3), (Some("off"), 0)] {
        let mut command = sockscope(&["serve", "--print-urls", "--port", "0"]);
        command.env("SOCKSCOPE_LOG", "server=info").args(flag.map(|it| format!("--log={it}")));
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line");
        signalled(&child.id().unwrap().to_string(), "TERM").await;
        let output = timeout(LONG, child.wait_with_output()).await.expect("an end in time").unwrap();
        let heard = String::from_utf8(output.stderr).unwrap();
        assert_eq!(heard.lines().count(), expected, "{flag:?}: {heard}");
        assert!(!heard.contains('\u{1b}'), "colours are for terminals: {heard:?}");
    }
}
