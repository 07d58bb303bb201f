use super::*;

const ROOMS: &str = include_str!("../../../../tests/golden/suite-valid/rooms.json");

#[test]
fn ok_the_example_of_the_contract() {
    let suite = Suite::parse(ROOMS).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let steps = &suite.checks[0].steps;
    let paths: Vec<_> = steps.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(paths, ["steps[0]", "steps[1]", "steps[2]", "steps[3]", "steps[4]"]);
    let titles: Vec<_> = steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "everyone connects",
            "alice and bob send {\"type\":\"join\",\"room\":\"{{room}}\"} and expect JSON containing {\"type\":\"joined\"}",
            "alice sends {\"type\":\"say\",\"room\":\"{{room}}\",\"text\":\"hi\"}",
            "2 branches at once",
            "everyone closes with 1000 and expects to be closed cleanly",
        ],
    );
}
