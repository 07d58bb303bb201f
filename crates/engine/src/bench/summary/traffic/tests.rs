use super::*;

fn of(messages: &[String]) -> Traffic {
    let mut traffic = Traffic::default();
    for message in messages {
        traffic.learn(message.as_bytes());
    }
    traffic
}

fn line(traffic: &Traffic, message: &str) -> String {
    let summary = traffic.sum_up(message.as_bytes()).expect("a summary");
    let members = summary.members.iter().map(|it| format!("{} {}", it.name, it.value));
    let kind = summary.type_name.unwrap_or_else(|| "–".to_owned());
    format!("{kind}{}: {}", if summary.is_error { "!" } else { "" }, members.collect::<Vec<_>>().join(" "))
}

fn feed() -> Vec<String> {
    let mut messages = vec![r#"{"type":"welcome","session":"s-1","heartbeat":5000}"#.to_owned()];
    for n in 0..40 {
        let symbol = ["AAPL", "NVDA", "MSFT"][n % 3];
        messages.push(format!(
            r#"{{"type":"tick","channel":"ticks","data":{{"symbol":"{symbol}","price":{n}.5,"seq":{n}}}}}"#
        ));
        if n % 8 == 0 {
            messages.push(format!(r#"{{"op":"order","symbol":"AAPL","qty":3,"request_id":"o-{n}"}}"#));
            messages.push(format!(r#"{{"type":"order_ack","request_id":"o-{n}","status":"accepted"}}"#));
        }
    }
    messages
}

#[test]
fn a_feed_shows_its_type_and_what_varies_first() {
    let traffic = of(&feed());
    assert_eq!(traffic.type_members()[..2], ["$.type", "$.op"]);
    assert_eq!(
        line(&traffic, r#"{"type":"tick","channel":"ticks","data":{"symbol":"NVDA","price":7.5,"seq":7}}"#),
        "tick: symbol NVDA price 7.5 seq 7 channel ticks"
    );
    assert_eq!(
        line(&traffic, r#"{"op":"order","symbol":"AAPL","qty":3,"request_id":"o-8"}"#),
        "order: request_id o-8 symbol AAPL qty 3"
    );
    assert_eq!(
        line(&traffic, r#"{"type":"error","code":"RATE_LIMITED"}"#),
        "error!: code RATE_LIMITED",
        "a type that never came before is shown as it is"
    );
}

#[test]
fn a_member_that_ends_with_the_value_of_another_comes_after_those_that_say_more() {
    let messages: Vec<_> = (0..9)
        .map(|n| {
            let symbol = ["AAPL", "NVDA", "MSFT"][n % 3];
            format!(r#"{{"type":"tick","channel":"ticks.{symbol}","symbol":"{symbol}","seq":{n}}}"#)
        })
        .collect();
    assert_eq!(line(&of(&messages), &messages[7]), "tick: symbol NVDA seq 7 channel ticks.NVDA");
}

#[test]
fn json_rpc_shows_its_method_and_marks_an_error() {
    let messages: Vec<_> = (0..20)
        .flat_map(|n| {
            let method = ["add", "sub"][n % 2];
            [
                format!(r#"{{"jsonrpc":"2.0","id":{n},"method":"{method}","params":{{"a":{n}}}}}"#),
                format!(r#"{{"jsonrpc":"2.0","id":{n},"result":{n}}}"#),
            ]
        })
        .collect();
    let traffic = of(&messages);
    assert_eq!(
        line(&traffic, r#"{"jsonrpc":"2.0","id":3,"method":"add","params":{"a":3}}"#),
        "add: id 3 a 3"
    );
    let error =
        line(&traffic, r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no such method"}}"#);
    assert!(error.starts_with("–!: "), "{error}");
}

#[test]
fn an_array_protocol_has_its_type_at_a_place() {
    let messages: Vec<_> = (0..20)
        .map(|n| format!(r#"["1","{n}","room:lobby","{}",{{"n":{n}}}]"#, ["join", "shout"][n % 2]))
        .collect();
    let traffic = of(&messages);
    assert_eq!(traffic.type_members()[0], "$[3]");
    assert_eq!(line(&traffic, &messages[3]), "shout: [1] 3 n 3");
}

#[test]
fn a_person_chooses_another_type() {
    let mut traffic = of(&feed());
    traffic.choose(Some("$.data.symbol".to_owned()));
    assert!(line(&traffic, &feed()[1]).starts_with("AAPL: type tick"), "{}", line(&traffic, &feed()[1]));
    traffic.choose(None);
    assert_eq!(traffic.type_members()[0], "$.type");
    assert!(traffic.candidates().contains(&"$.data.symbol".to_owned()), "{:?}", traffic.candidates());
}

#[test]
fn a_person_who_wants_no_type_gets_it_among_the_members() {
    let mut traffic = of(&feed());
    traffic.choose(Some("none".to_owned()));
    assert_eq!(
        line(&traffic, r#"{"type":"tick","channel":"t","data":{"symbol":"NVDA","price":7.5,"seq":7}}"#),
        "–: type tick channel t symbol NVDA price 7.5 seq 7"
    );
}

#[test]
fn a_member_with_a_column_stands_in_no_other_place() {
    let mut traffic = of(&feed());
    assert!(traffic.set_columns(vec!["$.data.symbol".to_owned(), "$.deep[1].x".to_owned()]));
    let message = r#"{"type":"tick","data":{"symbol":"NVDA","seq":7},"deep":[0,{"x":"far"}]}"#;
    let summary = traffic.sum_up(message.as_bytes()).expect("a summary");
    let columns: Vec<_> =
        summary.columns.iter().map(|it| format!("{} {} {:?}", it.name, it.value, it.kind)).collect();
    assert_eq!(columns, ["symbol NVDA Text", "x far Text"]);
    assert!(summary.members.iter().all(|it| it.path != "$.data.symbol"), "{summary:?}");
    assert!(!traffic.set_columns(vec!["$.data.symbol".to_owned(), "$.deep[1].x".to_owned()]));
    assert_eq!(traffic.members(1), ["$.type"]);
}

#[test]
fn what_every_message_says_is_left_out_unless_it_is_all_there_is() {
    let messages: Vec<_> = (0..9).map(|n| format!(r#"{{"v":2,"host":"h1","n":{n}}}"#)).collect();
    assert_eq!(line(&of(&messages), &messages[4]), "–: n 4");
    let messages = vec![r#"{"v":2,"host":"h1"}"#.to_owned(); 9];
    assert_eq!(line(&of(&messages), &messages[4]), "–: v 2 host h1");
}

#[test]
fn ids_texts_and_prices_are_no_types() {
    let messages: Vec<_> =
        (0..60).map(|n| format!(r#"{{"id":"i-{n}","text":"hello number {n}","price":{}}}"#, n % 3)).collect();
    let traffic = of(&messages);
    assert!(traffic.type_members().is_empty(), "{:?}", traffic.type_members());
    assert_eq!(line(&traffic, &messages[7]), "–: id i-7 text hello number 7 price 1");
}

#[test]
fn a_name_that_stands_twice_is_told_with_its_parents() {
    let traffic = Traffic::default();
    assert_eq!(line(&traffic, r#"{"from":{"id":1},"to":{"id":2}}"#), "–: from.id 1 to.id 2");
}

#[test]
fn rows_change_while_the_traffic_is_new_and_then_rest() {
    let mut traffic = Traffic::default();
    let feed: Vec<_> = (0..50).flat_map(|_| feed()).collect();
    let news: Vec<_> = feed.iter().map(|message| traffic.learn(message.as_bytes())).collect();
    assert!(news[0], "the type was found");
    assert!(news[ALL_OF_THE_FIRST as usize..].iter().all(|is_news| !is_news));
}

#[test]
fn hostile_traffic_takes_a_bounded_memory() {
    let mut traffic = Traffic::default();
    for n in 0..20_000 {
        traffic.learn(format!(r#"{{"type":"t{n}","m{n}":{n},"{}":1}}"#, "x".repeat(n % 1000)).as_bytes());
    }
    assert!(traffic.paths.len() <= MOST_PATHS && traffic.types.len() <= MOST_TYPES);
    assert!(traffic.paths.values().all(|it| it.hashes.len() <= MOST_VALUES));
    assert_eq!(traffic.sum_up(&vec![b'['; LARGEST + 1]), None);
    assert_eq!(traffic.sum_up(b"\xff\xfe"), None);
}
