use super::*;

#[track_caller]
fn check(sent: &[&str], received: &str, answered: Option<u64>) {
    let mut pairing = Pairing::default();
    for (i, text) in sent.iter().enumerate() {
        pairing.sent(Instant::from_nanos(i as u64), &(*text).into());
    }
    let got = pairing.received(Instant::from_nanos(1000), &received.into());
    assert_eq!(got, answered.map(|i| Duration::from_nanos(1000 - i)));
}

#[test]
fn an_echo_answers_the_oldest_equal_message() {
    check(&["a", "b", "a"], "a", Some(0));
    check(&["a", "b"], "b", Some(1));
}

#[test]
fn a_reply_with_the_same_id_answers() {
    check(
        &[r#"{"type":"message","id":1}"#, r#"{"type":"message","id":2}"#],
        r#"{"id": 2,"ok":true}"#,
        Some(1),
    );
}

#[test]
fn an_id_is_compared_by_what_it_means() {
    check(&[r#"{"id":1}"#], r#"{"id":"1","x":0}"#, None);
    check(&[r#"{"id":1}"#], r#"{"id":1.0,"x":0}"#, Some(0));
    check(&[r#"{"id":null}"#], r#"{"id":null,"x":0}"#, None);
}

#[test]
fn a_push_answers_nothing() {
    check(&["hello"], "news", None);
    check(&[], "news", None);
    check(&[r#"{"id":1}"#], r#"{"type":"news"}"#, None);
}

#[test]
fn a_question_is_answered_once() {
    let mut pairing = Pairing::default();
    pairing.sent(Instant::ORIGIN, &"x".into());
    assert!(pairing.received(Instant::ORIGIN, &"x".into()).is_some());
    assert!(pairing.received(Instant::ORIGIN, &"x".into()).is_none());
}

#[test]
fn binary_is_not_an_answer_to_text() {
    let mut pairing = Pairing::default();
    pairing.sent(Instant::ORIGIN, &"x".into());
    assert!(pairing.received(Instant::ORIGIN, &Payload::Binary(b"x".to_vec())).is_none());
}

#[test]
fn a_silent_server_does_not_fill_the_memory() {
    let mut pairing = Pairing::default();
    for i in 0..10_000u64 {
        pairing.sent(Instant::from_nanos(i), &"same".into());
    }
    assert_eq!((pairing.open.len(), pairing.order.len()), (MOST_WAITING, MOST_WAITING));
}

#[test]
fn one_that_waits_at_the_front_does_not_let_the_answered_ones_pile_up() {
    let mut pairing = Pairing::default();
    pairing.sent(Instant::ORIGIN, &"never answered".into());
    for i in 0..100_000u64 {
        let message: Payload = format!("{i}").as_str().into();
        pairing.sent(Instant::from_nanos(i), &message);
        assert!(pairing.received(Instant::from_nanos(i), &message).is_some());
    }
    assert!(pairing.order.len() <= 2 * MOST_WAITING && pairing.keyed.len() == 1);
}

#[test]
fn what_is_never_answered_is_counted() {
    let mut pairing = Pairing::default();
    for (second, text) in [(0, "a"), (1, "b"), (2, "c")] {
        pairing.sent(Instant::from_nanos(second), &text.into());
    }
    assert!(pairing.received(Instant::from_nanos(3), &"b".into()).is_some());
    assert_eq!([0, 1, 2].map(|at| pairing.waiting_since(Instant::from_nanos(at))), [1, 1, 2]);
    pairing.clear();
    assert_eq!((pairing.lost(), pairing.waiting_since(Instant::from_nanos(9))), (2, 0));
    (0..=MOST_WAITING).for_each(|_| pairing.sent(Instant::from_nanos(9), &"d".into()));
    assert_eq!(pairing.lost(), 3, "one too many waited");
    pairing.reset();
    assert_eq!(pairing.lost(), 0);
}

#[test]
fn a_field_that_comes_back_is_found_only_where_nothing_was_set_up() {
    let talk = |by: &PairBy| {
        let mut pairing = Pairing::by(by).expect("readable paths");
        for n in 1..=3 {
            pairing.learn(&format!(r#"{{"op":"a","request_id":{n}}}"#).as_str().into());
            let reply = format!(r#"{{"ok":true,"request_id":{n}}}"#);
            pairing.received(Instant::from_nanos(n), &reply.as_str().into());
        }
        pairing.found().map(|found| (found.sent, found.replies))
    };
    assert_eq!(talk(&PairBy::Auto), Some(("request_id".to_owned(), 3)));
    assert_eq!(talk(&PairBy::Off), None);
}

#[track_caller]
fn check_by(by: PairBy, sent: &[&str], received: &str, answered: Option<u64>) {
    let mut pairing = Pairing::by(&by).expect("readable paths");
    for (i, text) in sent.iter().enumerate() {
        pairing.sent(Instant::from_nanos(i as u64), &(*text).into());
    }
    let got = pairing.received(Instant::from_nanos(1000), &received.into());
    assert_eq!(got, answered.map(|i| Duration::from_nanos(1000 - i)), "{by:?}");
}

#[test]
fn each_way_recognises_its_replies_and_no_others() {
    check_by(PairBy::Off, &["a"], "a", None);
    check_by(PairBy::Echo, &["a", "b"], "b", Some(1));
    check_by(PairBy::Echo, &[r#"{"id":1}"#], r#"{"id":1,"ok":true}"#, None);
    check_by(PairBy::Order, &["a", "b"], "whatever", Some(0));
    let by = || PairBy::Field { sent: "seq".into(), received: "$.re.seq".into() };
    check_by(by(), &[r#"{"seq":1}"#, r#"{"seq":2}"#], r#"{"re":{"seq":2.0}}"#, Some(1));
    check_by(by(), &[r#"{"id":1}"#], r#"{"id":1}"#, None);
    check_by(by(), &["no JSON"], "no JSON", None);
}

#[test]
fn a_path_that_cannot_be_read_is_reported() {
    let by = PairBy::Field { sent: "$.a[".into(), received: "id".into() };
    assert!(Pairing::by(&by).expect_err("half a path").to_string().starts_with("$.a[: "));
}
