//! The type of a binary content, by its first bytes.

/// A kind of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Such as `image/png`.
    pub media_type: &'static str,
    /// In words, with the size where the header says it.
    pub words: String,
}

/// What begins with which bytes, after how many others.
const SIGNATURES: [(usize, &[u8], &str, &str); 11] = [
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "PNG image"),
    (0, b"\xff\xd8\xff", "image/jpeg", "JPEG image"),
    (0, b"GIF8", "image/gif", "GIF image"),
    (8, b"WEBP", "image/webp", "WebP image"),
    (4, b"ftypavif", "image/avif", "AVIF image"),
    (0, b"\x1f\x8b", "application/gzip", "gzip"),
    (0, b"PK\x03\x04", "application/zip", "zip archive"),
    (0, b"%PDF-", "application/pdf", "PDF document"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd", "Zstandard"),
    (0, b"\0asm", "application/wasm", "WebAssembly"),
    (0, b"OggS", "audio/ogg", "Ogg"),
];

/// What a content is; none when its first bytes do not tell.
pub fn of(bytes: &[u8]) -> Option<Kind> {
    let begins = |at: usize, sign: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(sign));
    let (_, _, media_type, words) = SIGNATURES.into_iter().find(|(at, sign, ..)| begins(*at, sign))?;
    let words = match size(media_type, bytes) {
        Some((width, height)) => format!("{words}, {width} × {height}"),
        None => words.to_owned(),
    };
    Some(Kind { media_type, words })
}

/// Width and height, where they are at a known place.
fn size(media_type: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    match media_type {
        "image/png" => Some((big(16)?, big(20)?)),
        "image/gif" => Some((little(6)?, little(8)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<(&str, &str)>) {
        let got = of(bytes);
        assert_eq!(got.as_ref().map(|kind| (kind.media_type, kind.words.as_str())), expected);
    }

    #[test]
    fn the_first_bytes_decide() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\x68";
        check(png, Some(("image/png", "PNG image, 640 × 360")));
        check(&png[..12], Some(("image/png", "PNG image")));
        check(b"GIF89a\x10\0\x08\0", Some(("image/gif", "GIF image, 16 × 8")));
        check(b"RIFF\0\0\0\0WEBPVP8 ", Some(("image/webp", "WebP image")));
        check(b"\x1f\x8b\x08", Some(("application/gzip", "gzip")));
        check(b"hello", None);
        check(b"", None);
    }
}
