//! Frames and handshakes as bytes, because every library refuses to misbehave.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

pub const TEXT: u8 = 1;

pub const BINARY: u8 = 2;

pub const CLOSE: u8 = 8;

pub const PING: u8 = 9;

pub const PONG: u8 = 10;

pub fn close_body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

pub fn reset(write: &OwnedWriteHalf) -> io::Result<()> {
    write.as_ref().set_zero_linger()
}

/// All up to the empty line.
pub async fn head(read: &mut BufReader<OwnedReadHalf>) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A message, its fragments together.
pub async fn read_message(read: &mut BufReader<OwnedReadHalf>) -> io::Result<(u8, Vec<u8>)> {
    let mut whole = Vec::new();
    let mut kind = 0;
    loop {
        let (first, second) = (read.read_u8().await?, read.read_u8().await?);
        let length = match second & 0x7f {
            126 => u64::from(read.read_u16().await?),
            127 => read.read_u64().await?,
            length => u64::from(length),
        };
        let mut mask = [0; 4];
        read.read_exact(&mut mask).await?;
        let start = whole.len();
        whole.resize(start + usize::try_from(length).expect("a test sends no more than memory holds"), 0);
        read.read_exact(&mut whole[start..]).await?;
        whole[start..].iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        if first & 0x0f != 0 {
            kind = first & 0x0f;
        }
        if first & 0x80 != 0 {
            return Ok((kind, whole));
        }
    }
}

pub async fn write_frame(write: &mut OwnedWriteHalf, kind: u8, body: &[u8]) -> io::Result<()> {
    let mut head = vec![0x80 | kind];
    match body.len() {
        length @ 0..=125 => head.push(length as u8),
        length @ 126..=65_535 => {
            head.push(126);
            head.extend((length as u16).to_be_bytes());
        }
        length => {
            head.push(127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    write.write_all(&head).await?;
    write.write_all(body).await
}
