//! `POST /api/probe`: what it reports of each kind of server, and that every look ends.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sockscope_companion::config::Port;
use sockscope_companion::{Config, Running, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use support::client::{port, server, soon};
use support::raw::{Answer, get, http, post};

/// Longer than a look may take, with room for a machine that does something else.
const BOUND: Duration = Duration::from_secs(12);

async fn ask(server: &Running, url: &str, protocols: &[&str]) -> Answer {
    let began = Instant::now();
    let body = json!({ "url": url, "protocols": protocols }).to_string();
    let answer = post(server, "/api/probe", &body).await;
    assert!(began.elapsed() < BOUND, "{url}: {:?}", began.elapsed());
    answer
}

async fn look(server: &Running, url: &str) -> Value {
    let answer = ask(server, url, &[]).await;
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    answer.json()
}

/// Serves one connection after the other; each gets its request's head read and then does this.
async fn serving<F>(answer: impl Fn(TcpStream, String) -> F + Send + Sync + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            tokio::spawn(answer(stream, String::from_utf8_lossy(&head).into_owned()));
        }
    });
    port
}

async fn saying(words: &'static str) -> u16 {
    serving(move |mut stream, _| async move { drop(stream.write_all(words.as_bytes()).await) }).await
}

#[track_caller]
fn check(told: &Value, outcome: &str, fact: &str) {
    assert_eq!((&told["outcome"], &told["fact"]), (&json!(outcome), &json!(fact)), "{told:#}");
}

#[tokio::test]
async fn a_refusal_is_reported_with_status_headers_and_body() {
    let server = server().await;
    let port = saying(
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX-Who: me\r\nContent-Length: 13\r\n\r\nno such route",
    )
    .await;
    let told = look(&server, &format!("ws://127.0.0.1:{port}/v1?token=secret")).await;
    check(&told, "answered", "The server answered 404 Not Found: no such route.");
    assert_eq!(
        (&told["status"], &told["body"], &told["body_is_cut"]),
        (&json!(404), &json!("no such route"), &json!(false))
    );
    assert!(told["headers"].as_array().unwrap().contains(&json!(["x-who", "me"])), "{told:#}");
    assert!(told["address"].as_str().unwrap().ends_with(&port.to_string()));
    assert!(!told.to_string().contains("secret"), "the query stays where it was: {told:#}");
}

#[tokio::test]
async fn a_body_in_chunks_is_put_together() {
    let server = server().await;
    let port = saying(
        "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n4\r\n you\r\n0\r\n\r\n",
    )
    .await;
    let told = look(&server, &format!("ws://127.0.0.1:{port}")).await;
    check(&told, "answered", "The server answered 403 Forbidden: not you.");
    assert_eq!(told["body_is_cut"], json!(false));
}

#[tokio::test]
async fn a_redirect_is_reported_and_not_followed() {
    let server = server().await;
    let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = there.local_addr().unwrap();
    let port = serving(move |mut stream, _| async move {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: ws://{to}/\r\nContent-Length: 0\r\n\r\n");
        drop(stream.write_all(head.as_bytes()).await);
    })
    .await;
    let told = look(&server, &format!("ws://127.0.0.1:{port}")).await;
    let fact = format!(
        "The server answered 302 Found: a redirect to ws://{to}/, which a WebSocket does not follow."
    );
    check(&told, "answered", &fact);
    let second = tokio::time::timeout(Duration::from_millis(50), there.accept()).await;
    assert!(second.is_err(), "the redirect was followed");
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_read_up_to_two_kibibytes() {
    let server = server().await;
    let (sender, mut sent) = tokio::sync::mpsc::unbounded_channel();
    let port = serving(move |mut stream, _| {
        let sender = sender.clone();
        async move {
            let part = vec![b'x'; 1 << 20];
            let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n", 1 << 30);
            let mut written = 0_u64;
            if stream.write_all(head.as_bytes()).await.is_ok() {
                while written < 1 << 30 && stream.write_all(&part).await.is_ok() {
                    written += part.len() as u64;
                }
            }
            let _ = sender.send(written);
        }
    })
    .await;
    let told = look(&server, &format!("ws://127.0.0.1:{port}")).await;
    assert_eq!((told["status"].as_u64(), told["body_is_cut"].as_bool()), (Some(403), Some(true)));
    assert_eq!(told["body"].as_str().unwrap().len(), 2048);
    let written = soon("the end of the body", sent.recv()).await.unwrap();
    assert!(written < 64 << 20, "{written} bytes were taken");
}

#[tokio::test]
async fn a_slow_drip_and_a_server_that_never_answers_end_within_the_bound() {
    let server = server().await;
    let drip = serving(|mut stream, _| async move {
        for byte in "HTTP/1.1 403 Forbidden\r\nX-Long: ".bytes().chain(std::iter::repeat_n(b'.', 10_000)) {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let body = serving(|mut stream, _| async move {
        drop(stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n").await);
        while stream.write_all(b".").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let silent = serving(|mut stream, _| async move { drop(stream.read_u8().await) }).await;
    let urls = [drip, body, silent].map(|port| format!("ws://127.0.0.1:{port}"));
    let told = tokio::join!(look(&server, &urls[0]), look(&server, &urls[1]), look(&server, &urls[2]));
    assert_eq!(told.0["outcome"], "silent");
    let fact = told.0["fact"].as_str().unwrap();
    assert!(
        fact.starts_with("The server begins to answer but does not finish: it sent \"HTTP/1.1 403"),
        "{fact}"
    );
    assert_eq!((told.1["status"].as_u64(), told.1["body_is_cut"].as_bool()), (Some(403), Some(true)));
    check(&told.2, "silent", "The server accepts the connection but does not answer the handshake.");
}

#[tokio::test]
async fn a_closed_port_another_protocol_and_an_end_are_distinguished() {
    let server = server().await;
    // Bound and never listened on, so no other process gets it and none accepts.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = taken.local_addr().unwrap().port();
    let told = look(&server, &format!("ws://localhost:{closed}/v1")).await;
    check(&told, "refused", &format!("Connection refused: no process listens on port {closed}."));
    let told = look(&server, &format!("ws://127.0.0.1:{}", saying("SSH-2.0-OpenSSH_9\r\n\r\n").await)).await;
    check(&told, "not_http", r#"The server does not speak HTTP: it sent "SSH-2.0-OpenSSH_9\r\n\r\n"."#);
    let told = look(&server, &format!("ws://127.0.0.1:{}", saying("").await)).await;
    check(&told, "ended", "The server closed the connection without an answer to the handshake.");
    let told = look(&server, "ws://nobody.invalid/").await;
    assert_eq!(told["outcome"], "unresolved", "{told:#}");
}

#[tokio::test]
async fn the_wrong_scheme_and_a_certificate_of_ones_own_are_reported() {
    let server = Server::start(Config { tls: Some(Port::Exactly(0)), ..Config::default() }).await.unwrap();
    let secure: u16 = server.urls().https.as_ref().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let told = look(&server, &format!("ws://localhost:{secure}/ws/echo")).await;
    check(&told, "speaks_tls", "The server speaks TLS: use wss://.");
    let told = look(&server, &format!("wss://localhost:{}/ws/echo", port(&server))).await;
    check(&told, "speaks_plain", "The server does not speak TLS: use ws://.");
    let told = look(&server, &format!("wss://localhost:{secure}/ws/echo")).await;
    let own = "The certificate is self-signed: browsers refuse it until you accept it in a tab.";
    check(&told, "certificate", own);
    let told = look(&server, &format!("wss://localhost:{secure}/ws/nowhere")).await;
    let fact = told["fact"].as_str().unwrap();
    assert!(fact.starts_with(&format!("{own} Behind it the server answered 404 Not Found: ")), "{fact}");
}

#[tokio::test]
async fn a_token_is_not_sent_in_the_clear_to_a_port_without_tls() {
    let server = server().await;
    let (sender, mut heads) = tokio::sync::mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).await.unwrap_or(0);
            bytes.truncate(count);
            drop(sender.send(bytes));
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await);
        }
    });
    let told = look(&server, &format!("wss://localhost:{port}/private?token=hush")).await;
    assert_eq!(told["outcome"], "speaks_plain");
    while let Ok(head) = heads.try_recv() {
        let text = String::from_utf8_lossy(&head).into_owned();
        assert!(!text.contains("hush") && !text.contains("private"), "{text}");
    }
}

#[tokio::test]
async fn a_handshake_is_the_page_s_and_no_message_follows_it() {
    let server = server().await;
    let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let port = serving(move |mut stream, head| {
        let sender = sender.clone();
        async move {
            let answer =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
            drop(stream.write_all(answer.as_bytes()).await);
            let mut rest = Vec::new();
            drop(stream.read_to_end(&mut rest).await);
            drop(sender.send((head, rest)));
        }
    })
    .await;
    let headers = [("Origin", "http://localhost"), ("Content-Type", "application/json")];
    let origin = format!("http://localhost:{}", support::client::port(&server));
    let headers = [("Origin", origin.as_str()), headers[1]];
    let body = json!({ "url": format!("ws://127.0.0.1:{port}/a?b=c"), "protocols": ["feed.v2", "feed.v1"] });
    let told = http(&server, "POST", "/api/probe", &headers, &body.to_string()).await.json();
    let (head, rest) = soon("the handshake", seen.recv()).await.unwrap();
    for line in [
        "GET /a?b=c HTTP/1.1\r\n",
        &format!("Origin: {origin}\r\n"),
        "Sec-WebSocket-Protocol: feed.v2, feed.v1\r\n",
    ] {
        assert!(head.contains(line), "{line:?} in {head}");
    }
    assert_eq!(rest, [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8], "a close frame with 1000, and nothing else");
    check(
        &told,
        "bad_handshake",
        "The server accepted the handshake, but its header Sec-WebSocket-Accept does not fit the key.",
    );
}

#[tokio::test]
async fn a_handshake_that_works_says_so_and_one_without_the_subprotocol_too() {
    let server = server().await;
    let url = format!("ws://localhost:{}/ws/echo", port(&server));
    let told = look(&server, &url).await;
    assert_eq!((told["outcome"].as_str(), told["status"].as_u64()), (Some("opens"), Some(101)), "{told:#}");
    let told = ask(&server, &url, &["echo.v2"]).await.json();
    assert_eq!(told["outcome"], "opens");
    let told = ask(&server, &format!("ws://localhost:{}/ws", port(&server)), &["x.y"]).await.json();
    let fact = "The server accepted the handshake, but it chose none of the subprotocols offered (x.y), so browsers refuse it.";
    check(&told, "bad_handshake", fact);
}

#[tokio::test]
async fn a_target_outside_the_allow_list_is_not_looked_at() {
    let server = server().await;
    for url in ["ws://192.0.2.1:9/x", "wss://192.0.2.1/x", "ws://0.0.0.0:1/"] {
        let answer = ask(&server, url, &[]).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["error"]["code"]), (403, &json!("not_allowed")), "{told:#}");
        assert!(told["error"]["message"].as_str().unwrap().contains("--allow-target"), "{told:#}");
    }
}

#[tokio::test]
async fn a_server_for_the_network_looks_at_itself_only() {
    let config = Config { host: "0.0.0.0".parse().unwrap(), ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let other = saying("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(ask(&server, &format!("ws://127.0.0.1:{other}"), &[]).await.status, 403);
    assert_eq!(look(&server, &format!("ws://127.0.0.1:{}/ws", port(&server))).await["outcome"], "opens");
}

#[tokio::test]
async fn only_own_pages_may_ask_and_only_by_post() {
    let server = server().await;
    let body = json!({ "url": format!("ws://localhost:{}/ws", port(&server)) }).to_string();
    let foreign = http(&server, "POST", "/api/probe", &[("Origin", "http://evil.test")], &body).await;
    assert_eq!(foreign.status, 403);
    let rebound = http(&server, "POST", "/api/probe", &[("Host", "evil.test")], &body).await;
    assert_eq!(rebound.status, 421);
    assert_eq!(get(&server, "/api/probe").await.status, 405);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_in_words() {
    let server = server().await;
    for (body, code) in [
        ("{}", "bad_body"),
        (r#"{"url":"http://localhost"}"#, "bad_target"),
        (r#"{"url":"ws://a:b@localhost"}"#, "bad_target"),
        (r#"{"url":"ws://localhost","protocols":["a\r\nX: y"]}"#, "bad_protocols"),
        (r#"{"url":"ws://localhost","body":1}"#, "bad_body"),
    ] {
        let answer = post(&server, "/api/probe", body).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn a_server_that_makes_no_probes_says_so() {
    let server = Server::start(Config { probe: false, ..Config::default() }).await.unwrap();
    let answer = ask(&server, &format!("ws://localhost:{}/ws", port(&server)), &[]).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("probe_off")));
}
