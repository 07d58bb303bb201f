//! The server under test: started by the command, with TLS and without, or somewhere else.

use sockscope_host::driver::OwnDriver;
use sockscope_host::find::find;
use sockscope_host::programs::ThisMachine;
use support::binary;
use support::call::Call;
use support::page::Practice;

fn serve(more: &str) -> String {
    format!("{} serve --port {{port}} {more}", binary())
}

#[test]
fn a_server_that_speaks_tls_is_tested_without_and_with_it() {
    let start = serve("--tls --tls-port {tls_port} --allow-origin loopback");
    let arguments = ["first-contact", "events", "--start", &start, "--insecure", "--json", "OUT/r.json"];
    let ended = Call::new(&arguments).run();
    ended.assert_code(0);
    let runs = ended.json("r.json");
    let suites: Vec<_> =
        runs["runs"].as_array().expect("runs").iter().map(|run| run["suite"].clone()).collect();
    assert_eq!(suites, ["first-contact", "events", "first-contact (TLS)", "events (TLS)"]);
    let ws_url = |run: usize| runs["runs"][run]["vars"]["ws_url"].as_str().expect("an address").to_owned();
    assert!(ws_url(0).starts_with("ws://") && ws_url(2).starts_with("wss://"), "{} {}", ws_url(0), ws_url(2));
}

#[test]
fn without_tls_nothing_is_tested_over_it() {
    let start = serve("--tls --tls-port 0");
    let ended = Call::new(&["first-contact", "--start", &start, "--no-tls", "--json", "OUT/r.json"]).run();
    ended.assert_code(0);
    assert_eq!(ended.json("r.json")["suite"], "first-contact");
}

#[test]
fn the_server_finds_its_ports_in_the_environment_too() {
    let start = format!("{} serve --port $WEBSOCKET_PORT", binary());
    let ready = "http://127.0.0.1:{port}/api/health";
    let ended = Call::new(&["rooms", "--start", &start, "--ready", ready, "--json", "OUT/r.json"]).run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    assert!(report["server"]["output"].to_string().contains("Sockscope is ready"), "{}", report["server"]);
}

#[test]
fn the_environment_names_the_server_and_its_api_is_beside_it() {
    let server = Practice::start_with(&["--allow-origin", "loopback"]);
    let call = Call::new(&["events", "--json", "OUT/r.json"]).with_env("WS_URL", server.url("ws"));
    let ended = call.run();
    ended.assert_code(0);
    assert_eq!(ended.json("r.json")["vars"]["api_url"], server.url("api"));
}

#[test]
fn an_api_that_does_not_know_the_page_is_called_only_when_asked() {
    let server = Practice::start();
    let call =
        |more: &[&str]| Call::new(&[&["events"], more].concat()).with_env("WS_URL", server.url("ws")).run();
    let refused = call(&[]);
    refused.assert_code(1);
    refused.assert_says(&["blocked by CORS policy", "--ignore-cors"]);
    call(&["--ignore-cors"]).assert_code(0);
}

#[test]
fn a_webdriver_elsewhere_is_driven() {
    let pair = find(Some("chrome"), &ThisMachine).expect("a browser and its driver");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let driver = runtime.block_on(OwnDriver::start(&pair)).expect("the driver starts");
    // A driver elsewhere is not told where the browser is, nor that root starts it.
    let url = driver.endpoint().to_owned();
    let arguments = ["first-contact", "--webdriver", &url, "--browser-arg", "--no-sandbox"];
    let ended = Call::new(&arguments).run();
    runtime.block_on(driver.end());
    ended.assert_code(0);
}
