//! An echo on `tokio-tungstenite`, as its examples have it: the library decides all but the address.

use futures_util::{StreamExt, TryStreamExt, future};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;

/// Echoes to every client, as long as it is polled.
pub async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(echo(stream));
    }
}

async fn echo(stream: TcpStream) {
    // A client that does not speak WebSocket gets nothing.
    let Ok(socket) = accept_async(stream).await else { return };
    let (write, read) = socket.split();
    let said = read.try_filter(|message| future::ready(message.is_text() || message.is_binary()));
    // An error has ended the connection already.
    let _ = said.forward(write).await;
}
