//! The built page as plain files below a path, as behind someone's web server.

use std::sync::{Arc, Mutex};

use support::page::{page_as_files, test_page, until_checks};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BELOW: &str = "/tools/sockscope/";

/// Serves the files of the page below a path and nothing else. Gives its address, and the paths that it did not have.
async fn serve_below() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let missed = Arc::new(Mutex::new(Vec::new()));
    let misses = missed.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, misses.clone()));
        }
    });
    (format!("http://{address}{BELOW}"), missed)
}

async fn answer(mut stream: TcpStream, missed: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let name = path.strip_prefix(BELOW).map(|name| if name.is_empty() { "index.html" } else { name });
    let file = name.and_then(|name| std::fs::read(page_as_files().join(name)).ok());
    let kind = match name.and_then(|name| name.rsplit('.').next()).unwrap_or_default() {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let (status, body) = match file {
        Some(body) => ("200 OK", body),
        None => {
            missed.lock().expect("no test panics while it holds it").push(path);
            ("404 Not Found", Vec::new())
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A browser that has left needs no answer.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&body).await;
}

#[test]
fn all_parts_of_the_page_are_found_below_a_path() {
    test_page(async |_, browser| {
        let (address, missed) = serve_below().await;
        browser.open(&address).await;
        browser.until_script("return !!document.querySelector('[data-testid=timeline]')").await;
        // What the worker gets later says what is foreseen for an address.
        browser.type_into("url", "wss://127.0.0.1:9/").await;
        browser.until_script("return !!document.querySelector('[data-testid=why-warnings]')").await;
        browser.run("location.hash = '#/faults'").await;
        browser.until_script("return document.querySelector('#faults')?.children.length > 0 && !document.querySelector('#faults .start')").await;
        browser.run("location.hash = '#/checks'").await;
        until_checks(browser).await;
        let run = "sockscope.run('{\"suite\": \"empty\", \"checks\": []}').then(() => 'ran', error => String(error))";
        let said = browser.answer(run).await;
        assert!(!said.to_string().contains("could not be loaded"), "{said}");
        let missed = missed.lock().expect("the server holds it for a moment only").clone();
        let files: Vec<_> = missed
            .iter()
            .filter(|path| [".js", ".css", ".wasm"].iter().any(|end| path.ends_with(end)))
            .collect();
        assert!(files.is_empty(), "{files:?}");
    });
}

#[test]
fn a_page_that_has_nothing_to_do_fetches_the_checks_ahead_unless_each_byte_costs() {
    let fetched =
        "return performance.getEntriesByType('resource').some(it => it.name.includes('checks_worker_bg'))";
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        let is_in_parts = "return !!document.querySelector('meta[name=parts-idle]')";
        if browser.run(is_in_parts).await != true {
            // A quick build has no parts to fetch.
            return;
        }
        browser.until_script(fetched).await;
        browser.assert_quiet_console().await;
    });
    test_page(async |practice, browser| {
        browser.before_load("Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })").await;
        // All timers of a long wait come at once.
        browser.before_load("const later = setTimeout; globalThis.setTimeout = (then, wait, ...more) => { if (wait === 5000) globalThis.idled = true; return later(then, wait === 5000 ? 50 : wait, ...more); }").await;
        browser.open(&practice.page).await;
        browser.until_script("return globalThis.idled === true").await;
        browser.until_script("return !!document.querySelector('[data-testid=timeline]')").await;
        assert_eq!(browser.run(fetched).await, false);
    });
}
