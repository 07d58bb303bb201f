//! A server that says one thing, whatever it is asked.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

/// A server that reads one request after the other and answers each with what `answer` makes of its head. Its address.
pub fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                request.push(byte[0]);
            }
            // A client that has gone needs no answer.
            let _ = stream.write_all(&answer(&String::from_utf8_lossy(&request)));
        }
    });
    format!("ws://127.0.0.1:{port}/")
}
