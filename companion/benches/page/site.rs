//! A server for the page that has nothing but the browser's WebSocket, isolated like ours so that its clock has the same step.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

const FILES: [(&str, &str, &str); 3] = [
    ("/", "text/html", include_str!("bare/index.html")),
    ("/bare.js", "text/javascript", include_str!("bare/bare.js")),
    ("/worker.js", "text/javascript", include_str!("bare/worker.js")),
];

/// Serves for as long as the process lives, and says where.
pub fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that goes away is none of our business.
            std::thread::spawn(move || drop(answer(&stream)));
        }
    });
    format!("http://localhost:{port}/")
}

fn answer(stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let found = FILES.iter().find(|(name, ..)| *name == path);
    let (status, kind, body) =
        found.map_or(("404 Not Found", "text/plain", ""), |(_, kind, body)| ("200 OK", kind, body));
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\r\n{body}",
        body.len()
    )
}
