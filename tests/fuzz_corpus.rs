//! The fuzzers' bodies over a corpus made of a seed, so that they are built and hold on every toolchain.
#![cfg(not(target_arch = "wasm32"))]

use sockscope_engine::base::random::Random;
use support::fuzzers;

/// Each seed as it is, and this many changes of each.
const CHANGES: usize = 150;

/// Runs the body with the seeds and with what small changes make of them, the way a fuzzer begins.
fn exercise(seeds: &[&[u8]], body: fn(&[u8])) {
    let mut random = Random::with_seed(20);
    let mut below = |bound: usize| (random.next_u64() % bound.max(1) as u64) as usize;
    for seed in seeds {
        body(seed);
        for _ in 0..CHANGES {
            let mut bytes = seed.to_vec();
            for _ in 0..1 + below(4) {
                let at = below(bytes.len());
                let other = seeds[below(seeds.len())];
                match below(6) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, below(256) as u8),
                    2 if !bytes.is_empty() => drop(bytes.remove(at)),
                    3 => {
                        let end = (at + below(20)).min(bytes.len());
                        let piece = bytes[at..end].to_vec();
                        bytes.splice(at..at, piece);
                    }
                    4 => bytes.splice(at.., other[below(other.len())..].iter().copied()).for_each(drop),
                    _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << below(8)),
                }
            }
            body(&bytes);
        }
    }
}

#[test]
fn suites_are_read_or_refused() {
    let rooms = include_bytes!("golden/suite-valid/rooms.json");
    exercise(
        &[rooms, b"{\"sockscope\": 1, \"suite\": \"s\", \"checks\": [/* */]}", "\u{feff}{\n“".as_bytes()],
        |bytes| {
            fuzzers::suite_parse(bytes);
        },
    );
}

#[test]
fn templates_are_filled_in_or_refused() {
    let seeds: [&[u8]; 7] = [
        b"{{add n 1}}{{mul 1e999 -2}}{{slice room 0 -3}}{{url 'a b'}}{{now-5s}}{{iso+1d}}",
        b"{{hmac-sha256 n 'x' base64}}{{length room}}{{json n}}{{sub now i}}{{upper bob.sid}}",
        b"r-{{uuid}}-{{n}}",
        b"{{env.WS_URL ?? ws://localhost:9000/ws}}",
        b"{{random -5 9223372036854775807}}{{pick a \"b }}\" 'c'}}",
        b"\\\\{{crowd[3].sid}} {{base64 n}}{{{",
        b"{{now}}{{iso}}{{index}}{{i}}{{seq}}",
    ];
    exercise(&seeds, fuzzers::template);
}

#[test]
fn matchers_hold_or_say_why() {
    let seeds: [&[u8]; 7] = [
        b"{\"bytes\":{\"at\":-3,\"u16le\":{\"$gt\":1},\"prefix\":\"00\",\"contains\":\"ff\",\"hex\":\"00\"}}\0\x00\xff\x10\x00",
        b"{\"subset\":{\"a\":{\"$near\":[\"2026-11-21T03:01:06Z\",\"5s\"]}}}\0{\"a\":1795230066.5}",
        b"{\"subset\":{\"a\":[{\"$gt\":1e5},{\"$regex\":\"^x+$\"}]}}\0{\"a\":[100001,\"xx\"]}",
        b"{\"path\":\"$..a[?@.b>1 && match(@.c,'x.*')]\",\"gte\":1}\0{\"a\":[{\"b\":2,\"c\":\"xy\"}]}",
        b"$.a[-1:0:-2]['b',*]\0[[[1,2],{\"b\":null}]]",
        b"{\"any_of\":[{\"echo\":true},{\"bytes\":{\"size\":3,\"hex\":\"00ff10\"}}]}\0\xff\x00\x10",
        b"{\"not\":{\"equals\":10000000000000001}}\x001e16",
    ];
    exercise(&seeds, fuzzers::matcher_message);
}

#[test]
fn runs_end_honestly() {
    let mut random = Random::with_seed(21);
    let seeds: Vec<Vec<u8>> =
        (0..3).map(|_| (0..40).flat_map(|_| random.next_u64().to_le_bytes()).collect()).collect();
    exercise(&seeds.iter().map(Vec::as_slice).collect::<Vec<_>>(), fuzzers::run_suite);
}

#[test]
fn reports_are_written_whatever_is_in_them() {
    let mut random = Random::with_seed(22);
    let mut seed = || (0..40).flat_map(|_| random.next_u64().to_le_bytes()).collect::<Vec<u8>>();
    let mut hostile = seed();
    hostile.extend(b"<script>]]>&amp;\0\x1b\xef\xbf\xbe{{uuid}}\"'--><!--");
    let seeds = [seed(), hostile];
    exercise(&seeds.iter().map(Vec::as_slice).collect::<Vec<_>>(), fuzzers::report_forms);
}

#[test]
fn suites_with_files_are_read_or_refused_and_assisted() {
    let seeds: [&[u8]; 4] = [
        b"{\"sockscope\":1,\"suite\":\"s\",\"import\":[\"0.json\"],\"checks\":[{\"check\":\"{{user}}\",\"each\":{\"file\":\"rows.csv\"},\"steps\":[{\"use\":\"enter\",\"on\":\"a\",\"room\":\"{{user}}\"}]}]}\0{\"sockscope\":1,\"suite\":\"c\",\"import\":[\"1.json\"],\"define\":{\"enter\":{\"with\":[\"room\"],\"steps\":[{\"connect\":\"{{client}}\"},{\"send\":\"{{room}}\"}]}}}\0{\"sockscope\":1,\"suite\":\"d\",\"define\":{},\"clients\":{\"a\":{\"url\":\"ws://h\"}},\"answers\":[{\"to\":{\"text\":\"ping\"},\"send\":\"{{message}}\"}]}\0user,n\nann,1\n",
        b"{\"sockscope\":1,\"suite\":\"loop\",\"import\":[\"0.json\",\"9.json\"],\"define\":{\"a\":{\"steps\":[{\"use\":\"b\"}]},\"b\":{\"steps\":[{\"use\":\"a\"}]}}}\0{\"sockscope\":1,\"suite\":\"x\",\"import\":[\"0.json\",\"../0.json\"],\"define\":{\"a\":{\"steps\":[]}}}",
        b"{\"sockscope\":1,\"suite\":\"f\",\"clients\":{\"a\":{\"url\":\"ws://h\",\"framing\":{\"length\":\"u16\",\"add\":-2},\"heartbeat\":{\"every\":\"1s\",\"send\":\"x\"},\"each\":[{\"n\":1}]}},\"checks\":[{\"check\":\"c\",\"steps\":[{\"connect\":\"a\"},{\"repeat\":{\"times\":3,\"until\":{\"var\":\"n\",\"eq\":1}},\"send\":{\"$concat\":[{\"$length\":\"u8\",\"of\":\"{{n}}\"}]},\"expect\":{\"any\":true}},{\"if\":{\"var\":\"n\",\"gt\":2},\"assert\":{\"var\":\"n\",\"near\":[1,2]}}]}]}",
        b"{\"import\":[\"0.json\"],\"setup\":[{\"use\":\"en\0{\"define\":{\"enter\":{\"with\":[\"",
    ];
    exercise(&seeds, fuzzers::suite_files);
}

#[test]
fn streams_have_the_same_frames_wherever_they_are_cut() {
    let seeds: [&[u8]; 6] = [
        b"{\"length\":\"u16\",\"at\":1}\0\x01\x00\x02ab\x02\x00\x00\x03\x00\x01z",
        b"{\"length\":\"varint\",\"strip\":true,\"max\":300}\0\x02hi\x80\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"{\"length\":\"i32le\",\"add\":-4,\"as\":\"text\"}\0\x06\x00\x00\x00hi\xff\xff\xff\xff",
        b"{\"delimiter\":\"\\r\\n\",\"as\":\"text\"}\0one\r\ntwo\r\n\r\n\xff\r\nthree",
        b"{\"delimiter\":{\"$hex\":\"00 00\"},\"max\":4}\0ab\0\0abcde\0\0",
        b"{\"delimiter\":\"aa\"}\0aaaaabaa",
    ];
    exercise(&seeds, fuzzers::framing);
}

#[test]
fn files_of_sessions_are_read_or_refused() {
    let seeds: [&[u8]; 7] = [
        include_bytes!("golden/report/session.jsonl"),
        include_bytes!("golden/report/session.har"),
        include_bytes!("golden/report/session.csv"),
        include_bytes!("golden/report/run.jsonl"),
        include_bytes!("golden/report/run.har"),
        include_bytes!("golden/sessions/devtools.har"),
        include_bytes!("golden/sessions/playwright-attach.har"),
    ];
    exercise(&seeds, fuzzers::session_read);
}

#[test]
fn a_damaged_journal_gives_what_was_written_or_nothing() {
    let mut random = Random::with_seed(23);
    let mut seeds: Vec<Vec<u8>> =
        (0..6).map(|_| (0..60).flat_map(|_| random.next_u64().to_le_bytes()).collect()).collect();
    seeds.push(b"SOCKSES\x01\x01\x02\x00\x00\x00{}\0\0\0\0".to_vec());
    exercise(&seeds.iter().map(Vec::as_slice).collect::<Vec<_>>(), fuzzers::journal_read);
}
