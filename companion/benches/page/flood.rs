//! A server that sends the given number of messages, as fast as they are taken.

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// So much is written at a time.
const CHUNK: usize = 256 << 10;

/// Starts it on a thread of its own and says where. It lives as long as the process.
pub fn serve() -> String {
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
            let _ = told.send(listener.local_addr().expect("it is bound").port());
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream));
            }
        });
    });
    format!("ws://localhost:{}/", address.recv().expect("the server says its port"))
}

/// Reads `go COUNT SIZE`, sends that, and stays until the other side goes.
async fn talk(stream: tokio::net::TcpStream) {
    let Ok(mut socket) = accept_async(stream).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let mut numbers = text.split(' ').skip(1).filter_map(|it| it.parse::<usize>().ok());
        let (Some(count), Some(size)) = (numbers.next(), numbers.next()) else { continue };
        if socket.flush().await.is_err() || pour(socket.get_mut(), count, size).await.is_err() {
            return;
        }
    }
}

/// Frames go out by hand: a library that made each of them would be what is measured.
async fn pour(stream: &mut tokio::net::TcpStream, count: usize, size: usize) -> std::io::Result<()> {
    let mut chunk = Vec::with_capacity(CHUNK + size + 16);
    for number in 0..count {
        chunk.push(0x81);
        match size {
            0..126 => chunk.push(size as u8),
            126..65_536 => {
                chunk.push(126);
                chunk.extend((size as u16).to_be_bytes());
            }
            _ => {
                chunk.push(127);
                chunk.extend((size as u64).to_be_bytes());
            }
        }
        let began = chunk.len();
        chunk.extend(format!("{{\"n\":{number:07},\"type\":\"tick\",\"fill\":\"").bytes());
        chunk.resize(began + size - 2, b'x');
        chunk.extend(b"\"}");
        if chunk.len() >= CHUNK || number + 1 == count {
            stream.write_all(&chunk).await?;
            chunk.clear();
        }
    }
    Ok(())
}
