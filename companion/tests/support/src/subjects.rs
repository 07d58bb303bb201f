//! The five servers that `docs/development/conformance-results.md` is about, as the suite `conformance` is pointed at them: the practice
//! server, and a plain echo on each of four libraries.
//!
//! An echo sets no option of its library. The table shows what the first example of that library gives.

use sockscope_companion::config::Port;
use sockscope_companion::{Config, Server as Practice};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::servers::{Language, Server, Target};
use crate::tungstenite_echo;

/// A server of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    Practice,
    Ws,
    Websockets,
    Aiohttp,
    Tungstenite,
}

use Subject::{Aiohttp, Tungstenite, Websockets, Ws};

/// In the order of the table.
pub const ALL: [Subject; 5] = [Subject::Practice, Ws, Websockets, Aiohttp, Tungstenite];

/// A running one, with the values that the suite gets.
pub struct Running {
    pub given: Vec<(String, String)>,
    // Whatever has to live as long as the server is asked.
    _process: Option<Server>,
    _practice: Option<sockscope_companion::Running>,
    _runtime: Option<Runtime>,
}

impl Subject {
    /// As the head of its column says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Practice => "practice server",
            Ws => "`ws`",
            Websockets => "`websockets`",
            Aiohttp => "`aiohttp`",
            Tungstenite => "`tungstenite`",
        }
    }

    /// Starts it on a free port.
    pub fn start(self) -> Running {
        let echo = |name, language, file| {
            let server = Target { name, language, file, arguments: &[] }.start(&[]);
            Running {
                given: of_an_echo(&server.urls[0]),
                _process: Some(server),
                _practice: None,
                _runtime: None,
            }
        };
        match self {
            Ws => echo("ws", Language::Node, "echo/ws_echo.mjs"),
            Websockets => echo("websockets", Language::Python, "echo/websockets_echo.py"),
            Aiohttp => echo("aiohttp", Language::Python, "echo/aiohttp_echo.py"),
            Tungstenite => in_here(|runtime| {
                let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
                let address = listener.local_addr().expect("it is bound");
                runtime.spawn(tungstenite_echo::serve(listener));
                (of_an_echo(&format!("ws://{address}/")), None)
            }),
            Self::Practice => in_here(|runtime| {
                // The page that checks it comes from another port, and its routes with faults refuse pages from elsewhere.
                let origins = vec!["loopback".parse().expect("a word that is known")];
                let config = Config { tls: Some(Port::Exactly(0)), origins, ..Config::default() };
                let practice = runtime.block_on(Practice::start(config)).expect("a free port");
                let urls = practice.urls();
                let wss = urls.wss.as_ref().expect("it speaks TLS");
                (of_practice(&urls.ws, wss), Some(practice))
            }),
        }
    }
}

fn in_here(
    start: impl FnOnce(&Runtime) -> (Vec<(String, String)>, Option<sockscope_companion::Running>),
) -> Running {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (given, practice) = start(&runtime);
    Running { given, _process: None, _practice: practice, _runtime: Some(runtime) }
}

fn own(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The page that tests it comes from elsewhere, so its own address is one that a policy of origins would refuse.
fn of_an_echo(url: &str) -> Vec<(String, String)> {
    own(&[("ws_url", url), ("unknown_url", &format!("{url}no-such-path")), ("foreign_origin_url", url)])
}

/// With an address for whatever it can show.
fn of_practice(ws: &str, wss: &str) -> Vec<(String, String)> {
    own(&[
        ("ws_url", &format!("{ws}/echo")),
        ("wss_url", &format!("{wss}/echo")),
        ("protocol", "echo.v1"),
        ("other_protocol", "echo.v2"),
        ("unknown_url", &format!("{ws}/nowhere")),
        ("bad_token_url", &format!("{ws}/fault?refuse=401")),
        ("foreign_origin_url", &format!("{ws}/echo")),
        ("broadcast_url", &format!("{ws}/rooms?user=member")),
        ("broadcast_join", r#"{"type":"join","room":"conformance"}"#),
        ("broadcast_message", r#"{"type":"say","room":"conformance","text":"to everybody"}"#),
        ("broadcast_contains", "to everybody"),
        ("closing_url", &format!("{ws}/fault?close_after=0&close_code=4000&close_reason=enough")),
        ("closing_reason", "enough"),
        ("drop_url", &format!("{ws}/fault?abort_after=1")),
        ("drop_message", "go"),
        ("identity_url", &format!("{ws}/agent?user=twice&max=1")),
        ("resume_url", &format!("{ws}/agent?user=traveller&pace=100")),
        ("resume_message", r#"{"type":"chat","text":"hello"}"#),
        ("resume_before", r#"{"type":"resume","last_seq":"#),
        ("resume_after", "}"),
        ("resume_rest", "4"),
    ])
}
