//! A histogram as text that other HDR tools read: base64 of "HDR V2".
//!
//! Readers of `.hlog` files, the log analyzers and the plotters take only the *compressed* form of V2 (the strings that begin
//! with `HISTFAAA`): a header, then a zlib stream with the counts as ZigZag LEB128 numbers in it. `hdrhistogram` can write it
//! with its feature `serialization`, which brings flate2, nom and a compressor along; counts are short numbers already, so
//! this writes them by hand into a zlib stream of *stored* blocks, which every zlib reads. Reading takes any zlib stream,
//! with the decompressor of `miniz_oxide`, as a report may have gone through another tool.
//!
//! The input may be hostile, so no memory is reserved because a header asks for it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::bucket::Buckets;
use super::histogram::Histogram;

/// The second digit from the right is the width of a count; one is "as many bytes as it needs".
const COOKIE: u32 = 0x1c84_9313;
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
/// The bits of a cookie that say what the width is.
const WIDTH: u32 = 0xf0;
const HEADER: usize = 40;
/// The counts of all buckets that a histogram of ours can have fit in several times.
const LARGEST: usize = 1 << 20;
/// A stored block says its length in 16 bits.
const LARGEST_BLOCK: usize = u16::MAX as usize;

/// Why a text is not a histogram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistogramError {
    /// Not base64, in the decoder's words.
    #[error("not base64: {0}")]
    Base64(String),
    /// Another format, or none.
    #[error("not a compressed HDR V2 histogram, whose base64 begins with HISTFAAA")]
    Format,
    /// The compressed bytes are damaged, or a giant.
    #[error("the compressed counts cannot be read: {0}")]
    Compressed(String),
    /// The counts end within a number, or their length is wrong.
    #[error("the counts are cut off")]
    CutOff,
    /// A way to keep values that this build does not have.
    #[error("the histogram keeps {0}, which cannot be read here")]
    Unsupported(&'static str),
    /// Values or counts beyond what a run can have.
    #[error("the histogram has a value of more than 24 hours or more counts than can be counted")]
    TooLarge,
}

impl Histogram {
    /// The text that other HDR tools read; values are microseconds.
    pub fn to_base64(&self) -> String {
        let payload = payload(self.buckets());
        let highest = self.buckets().last().map_or(0, |(value, _)| value);
        // Just below the next power of two, which is as far as the buckets for the highest value go anyway.
        let trackable = (highest.max(1) + 1).next_power_of_two().max(1 << 11) - 1;
        let mut plain = Vec::with_capacity(HEADER + payload.len());
        plain.extend(COOKIE.to_be_bytes());
        plain.extend((payload.len() as u32).to_be_bytes());
        plain.extend(0_u32.to_be_bytes()); // The index offset of shifted histograms.
        plain.extend(3_u32.to_be_bytes()); // Significant digits.
        plain.extend(1_u64.to_be_bytes()); // The lowest value told from zero.
        plain.extend(trackable.to_be_bytes());
        plain.extend(1_f64.to_be_bytes()); // The scale of histograms of floats.
        plain.extend(payload);
        let stream = store(&plain);
        let mut whole = Vec::with_capacity(8 + stream.len());
        whole.extend(COMPRESSED_COOKIE.to_be_bytes());
        whole.extend((stream.len() as u32).to_be_bytes());
        whole.extend(stream);
        STANDARD.encode(whole)
    }

    /// Reads what [`Self::to_base64`] or another HDR tool has written. The extremes are those of the first and the last
    /// bucket, since the text does not have exact ones.
    pub fn from_base64(text: &str) -> Result<Self, HistogramError> {
        let whole = STANDARD.decode(text.trim()).map_err(|e| HistogramError::Base64(e.to_string()))?;
        let mut reader = Reader(&whole);
        if reader.u32().is_none_or(|cookie| cookie & !WIDTH != COMPRESSED_COOKIE & !WIDTH) {
            return Err(HistogramError::Format);
        }
        let length = reader.u32().ok_or(HistogramError::CutOff)?;
        let stream = reader.take(length as usize).ok_or(HistogramError::CutOff)?;
        let plain = decompress_to_vec_zlib_with_limit(stream, LARGEST)
            .map_err(|error| HistogramError::Compressed(error.to_string()))?;
        read(&mut Reader(&plain))
    }
}

/// The counts in the order of their buckets; a negative number is that many empty buckets.
fn payload(buckets: impl Iterator<Item = (u64, u64)>) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut next = 0;
    for (value, count) in buckets {
        let index = Buckets::OURS.index(value);
        match index - next {
            0 => {}
            // One empty bucket is written as it is, as the other writers do.
            1 => put(&mut payload, 0),
            empty => put(&mut payload, -(empty as i64)),
        }
        put(&mut payload, i64::try_from(count).unwrap_or(i64::MAX));
        next = index + 1;
    }
    if next == 0 {
        put(&mut payload, 0); // Of nothing too, the first bucket is written.
    }
    payload
}

/// ZigZag, then seven bits a byte, lowest first; a ninth byte has all of its eight bits.
fn put(payload: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    for _ in 0..8 {
        if rest < 0x80 {
            break;
        }
        payload.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    payload.push(rest as u8);
}

/// A zlib stream (RFC 1950) that holds the bytes as they are.
fn store(plain: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = plain.chunks(LARGEST_BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in plain {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

fn read(reader: &mut Reader<'_>) -> Result<Histogram, HistogramError> {
    if reader.u32().is_none_or(|cookie| cookie & !WIDTH != COOKIE & !WIDTH) {
        return Err(HistogramError::Format);
    }
    let mut number = || reader.u32().ok_or(HistogramError::CutOff);
    let (length, offset, digits) = (number()?, number()?, number()?);
    let mut number = || reader.u64().ok_or(HistogramError::CutOff);
    let (lowest, _, scale) = (number()?, number()?, f64::from_bits(number()?));
    if offset != 0 {
        return Err(HistogramError::Unsupported("shifted values"));
    }
    if scale != 1.0 {
        return Err(HistogramError::Unsupported("fractions"));
    }
    let buckets = Buckets::with(lowest, digits).ok_or(HistogramError::Unsupported("another precision"))?;
    let mut counts = Reader(reader.take(length as usize).ok_or(HistogramError::CutOff)?);
    let mut found = Vec::new();
    let mut index = 0_usize;
    while !counts.0.is_empty() {
        let count = counts.number().ok_or(HistogramError::CutOff)?;
        let step = match u64::try_from(count) {
            Ok(0) => 1,
            Ok(count) => {
                found.push((buckets.lowest(index).ok_or(HistogramError::TooLarge)?, count));
                1
            }
            Err(_) => count.unsigned_abs(),
        };
        let step = usize::try_from(step).map_err(|_| HistogramError::TooLarge)?;
        index = index.checked_add(step).ok_or(HistogramError::TooLarge)?;
    }
    Histogram::of_buckets(found).ok_or(HistogramError::TooLarge)
}

/// Bytes yet to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn number(&mut self) -> Option<i64> {
        let mut encoded = 0;
        for place in 0..9 {
            let [byte] = self.array()?;
            if place == 8 {
                encoded |= u64::from(byte) << 56;
            } else {
                encoded |= u64::from(byte & 0x7f) << (7 * place);
                if byte < 0x80 {
                    break;
                }
            }
        }
        Some((encoded >> 1) as i64 ^ -((encoded & 1) as i64))
    }
}

#[cfg(test)]
mod tests;
