//! A line that people paste: an address, or a `wscat`, `websocat` or `curl` command that opens a WebSocket.
//!
//! Owns how these commands are read. What a page cannot send, such as a header, becomes a profile for the relay. A file that a
//! command names is on that machine only, so it is named and never dropped in silence.

use crate::relay::{Authorization, Field, Profile};

/// The commands that are read.
pub const COMMANDS: [&str; 3] = ["wscat", "websocat", "curl"];

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The address.
    pub url: String,
    /// The subprotocols, with commas between them.
    pub protocols: String,
    /// A message to send.
    pub message: String,
    /// What a page cannot send.
    pub profile: Profile,
    /// Files that the command names: certificates, for which a person has to choose the file.
    pub files: Vec<String>,
}

impl Pasted {
    /// What goes by the relay, by the names of the headers.
    pub fn by_relay(&self) -> Vec<String> {
        let mut names: Vec<String> = self.profile.headers.iter().map(|field| field.name.clone()).collect();
        let others = [
            (!self.profile.origin.is_empty(), "Origin"),
            (self.profile.authorization != Authorization::None, "Authorization"),
            (!self.profile.proxy.is_empty(), "an HTTP proxy"),
            (self.profile.insecure, "any certificate is taken"),
        ];
        names.extend(others.into_iter().filter(|(is_given, _)| *is_given).map(|(_, name)| name.to_owned()));
        names
    }
}

/// Why a line says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// Nothing was pasted.
    #[error("expected an address, or a wscat, websocat or curl command")]
    Empty,
    /// A quotation mark has no second one.
    #[error("expected a closing {0}")]
    Open(char),
    /// A command without an address.
    #[error("expected an address after {0}")]
    NoAddress(String),
}

/// Options with a value, of all three commands.
const WITH_VALUE: [&str; 33] = [
    "-c",
    "--connect",
    "-s",
    "--subprotocol",
    "--protocol",
    "-H",
    "--header",
    "-o",
    "--origin",
    "--auth",
    "-x",
    "--execute",
    "-w",
    "--wait",
    "-p",
    "-u",
    "--user",
    "--basic-auth",
    "-b",
    "--cookie",
    "-A",
    "--user-agent",
    "-X",
    "--request",
    "--url",
    "--ca",
    "--cert",
    "--key",
    "--cacert",
    "-E",
    "--proxy",
    "--oauth2-bearer",
    "--passphrase",
];

/// Headers of the handshake itself, which a browser writes.
const OF_HANDSHAKE: [&str; 6] = [
    "connection",
    "upgrade",
    "host",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
];

/// Reads a line.
///
/// ```
/// # use sockscope_engine::bench::pasted::read;
/// let pasted = read("wscat -c ws://localhost:9000/ws -s chat -H 'Authorization: Bearer x'").unwrap();
/// assert_eq!((pasted.url.as_str(), pasted.protocols.as_str()), ("ws://localhost:9000/ws", "chat"));
/// assert_eq!(pasted.by_relay(), ["Authorization"]);
/// ```
pub fn read(line: &str) -> Result<Pasted, PasteError> {
    let mut words = words(line)?.into_iter().peekable();
    words.next_if(|it| it == "$");
    words.next_if(|it| it == "npx");
    let first = words.next().ok_or(PasteError::Empty)?;
    let command = first.rsplit('/').next().unwrap_or_default().trim_end_matches(".exe").to_owned();
    if !COMMANDS.contains(&command.as_str()) || first.contains("://") {
        return Ok(Pasted { url: first, ..Pasted::default() });
    }
    let mut pasted = Pasted::default();
    let mut protocols = Vec::new();
    while let Some(word) = words.next() {
        let (name, value) =
            match word.split_once('=').filter(|(name, _)| name.starts_with("--") || *name == "-H") {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            };
        if !name.starts_with('-') {
            if pasted.url.is_empty() {
                pasted.url = word;
            }
            continue;
        }
        let is_insecure = match command.as_str() {
            "wscat" => matches!(name.as_str(), "-n" | "--no-check"),
            _ => matches!(name.as_str(), "-k" | "--insecure"),
        };
        pasted.profile.insecure |= is_insecure;
        // In websocat `-s` is a switch: it serves.
        let takes = WITH_VALUE.contains(&name.as_str()) && !(command == "websocat" && name == "-s");
        let value = match value {
            Some(value) => value,
            None if takes => words.next().unwrap_or_default(),
            None => continue,
        };
        let profile = &mut pasted.profile;
        let mut header = |name: &str, value: &str| {
            profile.headers.push(Field { name: name.to_owned(), value: value.to_owned() });
        };
        match name.as_str() {
            "-c" | "--connect" | "--url" if command != "curl" || name == "--url" => pasted.url = value,
            "-s" | "--subprotocol" | "--protocol" => protocols.push(value),
            "-x" | "--execute" if command == "wscat" => pasted.message = value,
            "-H" | "--header" => {
                let (name, value) = value.split_once(':').unwrap_or((value.as_str(), ""));
                let (name, value) = (name.trim(), value.trim());
                match name.to_ascii_lowercase().as_str() {
                    "sec-websocket-protocol" => protocols.push(value.to_owned()),
                    "origin" => profile.origin = value.to_owned(),
                    "authorization" if value.starts_with("Bearer ") => {
                        profile.authorization = Authorization::Bearer(value[7..].trim().to_owned());
                    }
                    known if OF_HANDSHAKE.contains(&known) => {}
                    _ => header(name, value),
                }
            }
            "-o" | "--origin" if command != "curl" => profile.origin = value,
            "--auth" | "-u" | "--user" | "--basic-auth" => {
                let (user, password) = value.split_once(':').unwrap_or((value.as_str(), ""));
                let (user, password) = (user.to_owned(), password.to_owned());
                profile.authorization = Authorization::Basic { user, password };
            }
            "--oauth2-bearer" => profile.authorization = Authorization::Bearer(value),
            "-b" | "--cookie" => header("Cookie", &value),
            "-A" | "--user-agent" => header("User-Agent", &value),
            "-x" | "--proxy" if command != "websocat" => profile.proxy = value,
            "--cert" | "-E" | "--key" | "--ca" | "--cacert" => pasted.files.push(value),
            _ => {}
        }
    }
    if pasted.url.is_empty() {
        return Err(PasteError::NoAddress(command));
    }
    pasted.protocols = protocols.join(", ");
    Ok(pasted)
}

/// A line as a shell reads it, without variables.
fn words(line: &str) -> Result<Vec<String>, PasteError> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or(PasteError::Open(letter))? {
                        end if end == letter => break,
                        '\\' if letter == '"' => word.extend(letters.next()),
                        other => word.push(other),
                    }
                }
            }
            // A line that goes on, or a letter that stands for itself.
            '\\' => match letters.next() {
                Some('\n' | '\r') | None => {}
                Some(other) => word.get_or_insert_default().push(other),
            },
            letter if letter.is_whitespace() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, url: &str, protocols: &str, by_relay: &[&str]) {
        let pasted = read(line).expect("a line that says something");
        assert_eq!((pasted.url.as_str(), pasted.protocols.as_str()), (url, protocols), "{line}");
        assert_eq!(pasted.by_relay(), by_relay, "{line}");
    }

    #[test]
    fn an_address_is_taken_as_it_is() {
        check(" ws://localhost:9000/ws?a=b \n", "ws://localhost:9000/ws?a=b", "", &[]);
        check("localhost:7411/v1/feed", "localhost:7411/v1/feed", "", &[]);
        check("https://example.com/curl", "https://example.com/curl", "", &[]);
    }

    #[test]
    fn commands_are_read_with_what_a_page_cannot_send() {
        check(
            "wscat -n --connect wss://x.dev/a -s v1 -s v2",
            "wss://x.dev/a",
            "v1, v2",
            &["any certificate is taken"],
        );
        check(
            "$ npx wscat -c ws://x -o http://y --auth a:b -H 'X-Key: 1'",
            "ws://x",
            "",
            &["X-Key", "Origin", "Authorization"],
        );
        check(
            "websocat -v -k --protocol chat -H='A: b' ws://x/y",
            "ws://x/y",
            "chat",
            &["A", "any certificate is taken"],
        );
        check("websocat --header='Cookie: a=b' ws://x/y", "ws://x/y", "", &["Cookie"]);
        check("websocat -s ws://x", "ws://x", "", &[]);
        check(
            "curl -i -N -H \"Connection: Upgrade\" -H \"Upgrade: websocket\" \\\n -H 'Sec-WebSocket-Key: x' -H 'sec-websocket-protocol: feed.v2' -u a:b https://x.dev/ws",
            "https://x.dev/ws",
            "feed.v2",
            &["Authorization"],
        );
        check("curl --url wss://x -b s=1 -X GET", "wss://x", "", &["Cookie"]);
        let message = read(r#"wscat -c ws://x -x '{"a": "b c"}'"#).expect("a command").message;
        assert_eq!(message, r#"{"a": "b c"}"#);
    }

    #[test]
    fn values_are_kept_and_files_are_named() {
        let line = "curl -H 'X-Key: a:b' -H 'authorization: Bearer abc' -b s=1 -x http://localhost:3128 --cert c.pem \
            --key k.pem --cacert ca.pem wss://x/y";
        let pasted = read(line).expect("a command");
        let fields: Vec<_> =
            pasted.profile.headers.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        assert_eq!(fields, [("X-Key", "a:b"), ("Cookie", "s=1")]);
        assert_eq!(pasted.profile.authorization, Authorization::Bearer("abc".to_owned()));
        assert_eq!(pasted.profile.proxy, "http://localhost:3128");
        assert_eq!(pasted.files, ["c.pem", "k.pem", "ca.pem"]);
        let pasted = read("wscat -c ws://x --auth ann:p:w -o https://a.test").expect("a command");
        let basic = Authorization::Basic { user: "ann".to_owned(), password: "p:w".to_owned() };
        assert_eq!((pasted.profile.authorization, pasted.profile.origin.as_str()), (basic, "https://a.test"));
    }

    #[test]
    fn err_what_says_nothing() {
        assert_eq!(read("  "), Err(PasteError::Empty));
        assert_eq!(read("curl -i 'ws://x"), Err(PasteError::Open('\'')));
        assert_eq!(read("wscat --listen"), Err(PasteError::NoAddress("wscat".to_owned())));
    }
}
