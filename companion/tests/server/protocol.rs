//! The WebSocket protocol under random streams: messages cut into frames, control frames between them, and all of it cut
//! again into what TCP delivers.

use tokio::io::AsyncWriteExt;

use support::client::server;
use support::raw::{Frame, Raw, frame, read_frame};

/// Repeatable chance, good enough to vary a test.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// A stream of frames, and what is to be answered to it.
fn conversation(chance: &mut Chance) -> (Vec<u8>, Vec<Frame>) {
    let (mut bytes, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let is_text = chance.below(2) == 0;
        let len = [0, 1, 125, 126, 127, 300, 70_000][chance.below(7)];
        let payload = match is_text {
            true => {
                "aé€😀".chars().cycle().skip(chance.below(4)).take(len / 4).collect::<String>().into_bytes()
            }
            false => (0..len).map(|at| (at * 7) as u8).collect(),
        };
        let opcode = if is_text { 1 } else { 2 };
        let mut rest = &payload[..];
        let mut first = opcode;
        loop {
            let cut = chance.below(rest.len() + 1);
            let is_last = cut == rest.len() || chance.below(4) == 0;
            let (part, after) = rest.split_at(if is_last { rest.len() } else { cut });
            bytes.extend(frame(first | if is_last { 0x80 } else { 0 }, part));
            (rest, first) = (after, 0);
            if is_last {
                break;
            }
            if chance.below(3) == 0 {
                bytes.extend(frame(0x89, b"between"));
                answers.push((0x8a, b"between".to_vec()));
            }
        }
        answers.push((0x80 | opcode, payload));
    }
    bytes.extend(frame(0x88, b"\x0f\xa0done"));
    answers.push((0x88, b"\x0f\xa0done".to_vec()));
    (bytes, answers)
}

#[tokio::test]
async fn every_valid_stream_is_understood_however_it_is_cut() {
    let server = server().await;
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let (bytes, answers) = conversation(&mut chance);
        let raw = Raw::connect(&server, "/ws/echo").await;
        raw.stream.set_nodelay(true).unwrap();
        let (mut read, mut write) = raw.stream.into_split();
        let writing = tokio::spawn(async move {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (now, after) = rest.split_at((1 + chance.below(5000)).min(rest.len()));
                write.write_all(now).await.unwrap();
                tokio::task::yield_now().await;
                rest = after;
            }
        });
        for answer in answers {
            assert_eq!(read_frame(&mut read).await, Some(answer), "seed {seed}");
        }
        writing.await.unwrap();
    }
}
