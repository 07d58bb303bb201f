//! Clients: those of the suite, and what a check changes of them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::http::is_header_name;
use super::reader::{Reader, literal};
use super::unknown::is_misspelt;
use crate::base::endpoint::Endpoint;
use crate::framing::Framing;
use crate::suite::field::Field;
use crate::suite::keys::{CLIENT, FRAMING, PEM_FILE, TLS};
use crate::suite::model::{
    AnswerRule, Client, ClientFraming, Correlate, Each, HandshakeSpec, Heartbeat, TlsSpec,
};
use crate::suite::notes::{ClientNotes, StandingUses, Use};
use crate::suite::source::{Member, Node};

/// A client as it is written, which in a check may lack what the suite says.
pub(super) struct Written {
    name: String,
    url: Option<Field<String>>,
    protocols: Option<Vec<Field<String>>>,
    count: Option<Field<u64>>,
    correlate: Option<Correlate>,
    each: Option<Each>,
    /// How many rows there are.
    rows: Option<u64>,
    /// Whether they could not be read.
    has_unread_rows: bool,
    framing: Option<ClientFraming>,
    answers: Option<(Vec<Rc<AnswerRule>>, StandingUses)>,
    heartbeat: Option<(Rc<Heartbeat>, StandingUses)>,
    url_uses: Option<Vec<Use>>,
    protocol_uses: Option<Vec<Use>>,
    headers: Option<Vec<(String, Field<String>)>>,
    cookies: Option<Vec<(String, Field<String>)>>,
    origin: Option<Field<String>>,
    tls: Option<TlsSpec>,
    compression: Option<Field<bool>>,
    other_uses: Vec<Use>,
}

const BEGIN: &str = "-----BEGIN ";
const PEM: &str = "{\"file\": \"client.pem\"}";
const EXAMPLE: &str = "{\"url\": \"ws://localhost:9000/ws\"}";

impl Reader<'_> {
    /// Clients by name; in those that `known` has, anything may be left out.
    pub(super) fn clients(&mut self, node: &Node, known: &[Written]) -> Vec<Written> {
        let members = self.named(node, "client", "{\"alice\": {\"url\": \"ws://localhost:9000/ws\"}}");
        let known: HashSet<&str> = known.iter().map(|client| client.name.as_str()).collect();
        self.is_open |= node.members().is_none();
        let mut clients = Vec::new();
        for member in members {
            let is_known = known.contains(member.key.as_str());
            clients.extend(self.client(member, is_known));
        }
        clients
    }

    fn client(&mut self, member: &Member, is_known: bool) -> Option<Written> {
        let fields = self.fields(&member.value, &CLIENT, EXAMPLE)?;
        // A client of a missing import may be changed here.
        let is_excused = is_known || self.is_open || is_misspelt(&member.value, &CLIENT, "url");
        if !is_excused && fields.member("url").is_none() {
            self.wrong(member.value.head(), "a client needs \"url\": \"ws://localhost:9000/ws\"");
        }
        let before = self.uses.len();
        let url: Option<Field<String>> = fields.get("url").and_then(|node| {
            self.field_where(node, "\"ws://localhost:9000/ws\"", |url: &String| {
                Endpoint::parse(url).err().map(|error| error.to_string())
            })
        });
        let url_uses = fields.get("url").map(|_| self.uses_since(before));
        let protocols = fields.get("protocols").map(|node| self.protocols(node));
        let protocol_uses = protocols.is_some().then(|| self.uses_since(before));
        let headers = fields.get("headers").map(|node| self.handshake_headers(node));
        let cookies = fields.get("cookies").map(|node| self.cookies(node));
        let origin = fields.get("origin").and_then(|node| self.field(node, "\"https://app.example.com\""));
        let tls = fields.get("tls").and_then(|node| self.tls(node));
        let compression = fields.get("compression").and_then(|node| self.field(node, "true"));
        let count = fields.get("count").and_then(|node| {
            self.field_where(node, "50", |count: &u64| {
                (*count == 0).then(|| "a group of 0 connections has no members; write 1 or more".to_owned())
            })
        });
        let correlate = fields.get("correlate").and_then(|node| self.correlate(node));
        let (each, rows) = fields.get("each").and_then(|node| self.dealt(node)).unzip();
        let has_unread_rows = fields.member("each").is_some() && each.is_none();
        let framing = fields.get("framing").and_then(|node| self.framing(node));
        let other_uses = self.uses_since(before);
        let name = member.key.clone();
        let path = format!("clients.{name}");
        let answers =
            fields.get("answers").map(|node| self.answers(Some(node), &format!("{path}.answers"), 0, &name));
        let heartbeat =
            fields.get("heartbeat").and_then(|node| self.heartbeat(node, format!("{path}.heartbeat"), &name));
        Some(Written {
            name,
            url,
            protocols,
            count,
            correlate,
            framing,
            answers,
            heartbeat,
            each,
            rows,
            has_unread_rows,
            url_uses,
            protocol_uses,
            headers,
            cookies,
            origin,
            tls,
            compression,
            other_uses,
        })
    }

    fn framing(&mut self, node: &Node) -> Option<ClientFraming> {
        let example = "{\"length\": \"u16\"} or {\"delimiter\": \"\\n\"}";
        let fields = self.fields(node, &FRAMING, example)?;
        // They are read together below.
        for key in FRAMING.keys {
            let _ = fields.member(key.name);
        }
        if let Some(Err(error)) = literal(node).map(|value| Framing::read(&value)) {
            // Of a key that is not known all is said.
            let is_known = error.key.as_ref().is_some_and(|key| FRAMING.has(key));
            if is_known || !fields.has_unknown() {
                let at = error.key.as_ref().and_then(|key| node.member(key));
                self.wrong(at.map_or(node.head(), |member| member.value.head()), error.to_string());
            }
            return None;
        }
        let rule = self.field(node, example)?;
        let origin = self.source.origin(node.span).map(Rc::new);
        Some(ClientFraming { rule, position: self.source.position(node.span), origin })
    }

    /// Header fields that the handshake does not have itself.
    fn handshake_headers(&mut self, node: &Node) -> Vec<(String, Field<String>)> {
        let headers = self.headers(Some(node));
        // A name that cannot be one has its complaint already.
        for (name, value) in headers.iter().filter(|(name, _)| is_header_name(name)) {
            let given = value.fixed().cloned().unwrap_or_default();
            let endpoint = Endpoint::parse("ws://localhost/");
            let checked = endpoint.and_then(|it| it.with_fields([(name.clone(), given)]));
            if let (Err(error), Some(member)) = (checked, node.member(name)) {
                self.wrong(member.key_span, error.to_string());
            }
        }
        headers
    }

    fn cookies(&mut self, node: &Node) -> Vec<(String, Field<String>)> {
        let mut cookies = Vec::new();
        for member in self.named(node, "cookie", "{\"session\": \"{{session}}\"}") {
            let value = self.field(&member.value, "\"{{session}}\"");
            cookies.extend(value.map(|value| (member.key.clone(), value)));
        }
        cookies
    }

    fn tls(&mut self, node: &Node) -> Option<TlsSpec> {
        let fields = self.fields(node, &TLS, "{\"certificate\": {\"file\": \"client.pem\"}}")?;
        let [certificate, key, ca] =
            ["certificate", "key", "ca"].map(|name| fields.get(name).and_then(|node| self.pem(node)));
        let insecure = fields.get("insecure").and_then(|node| self.field(node, "true"));
        let halves = ["certificate", "key"].map(|name| fields.member(name));
        if let [Some(half), None] | [None, Some(half)] = halves {
            self.wrong(
                half.key_span,
                "a client certificate and its key go together: expected both, found one".to_owned(),
            );
        }
        Some(TlsSpec { certificate, key, ca, insecure })
    }

    /// A text in PEM, or the file that it stands in.
    fn pem(&mut self, node: &Node) -> Option<Field<String>> {
        if node.members().is_none() {
            return self.field_where(node, PEM, |text: &String| {
                (!text.is_empty() && !text.contains(BEGIN))
                    .then(|| format!("expected a text in PEM, which has {BEGIN:?} in it, or {PEM}"))
            });
        }
        let fields = self.fields(node, &PEM_FILE, PEM)?;
        let file = fields.get("file")?;
        if file.text().is_none() {
            self.mistyped(file, "the path of a file", "\"client.pem\"");
            return None;
        }
        let text = self.read_beside(file, |files, path| {
            let text = files.text(path)?;
            let is_pem = text.contains(BEGIN);
            is_pem.then(|| text.to_owned()).ok_or_else(|| format!("expected {BEGIN:?} in a file in PEM"))
        });
        text.map(Field::Fixed)
    }

    fn protocols(&mut self, node: &Node) -> Vec<Field<String>> {
        let mut protocols: Vec<Field<String>> = Vec::new();
        for node in self.items(node, "subprotocols", "[\"echo.v2\"]") {
            let Some(protocol) = self.field::<String>(node, "\"echo.v2\"") else { continue };
            if let Field::Fixed(text) = &protocol {
                let before = protocols.iter().filter_map(Field::fixed).filter(|before| *before == text);
                let offered = Endpoint::parse("ws://localhost/").and_then(|endpoint| {
                    endpoint.with_protocols(before.chain([text]).cloned().collect::<Vec<_>>())
                });
                if let Err(error) = offered {
                    self.wrong(node.span, error.to_string());
                }
            }
            protocols.push(protocol);
        }
        protocols
    }
}

/// Those of the suite with the overrides of a check, and those that are the check's own.
pub(super) fn merge(suite: &[Written], check: Vec<Written>) -> (Vec<Client>, Vec<ClientNotes>) {
    let known: HashSet<&str> = suite.iter().map(|client| client.name.as_str()).collect();
    let (overrides, own): (Vec<_>, Vec<_>) =
        check.into_iter().partition(|client| known.contains(client.name.as_str()));
    let overrides: HashMap<&str, &Written> =
        overrides.iter().map(|client| (client.name.as_str(), client)).collect();
    let merged = suite.iter().map(|client| finish(client, overrides.get(client.name.as_str()).copied()));
    merged.chain(own.iter().map(|client| finish(client, None))).unzip()
}

fn finish(client: &Written, other: Option<&Written>) -> (Client, ClientNotes) {
    fn pick<'w, T>(
        client: &'w Written,
        other: Option<&'w Written>,
        part: impl Fn(&'w Written) -> Option<&'w T>,
    ) -> Option<&'w T> {
        other.and_then(&part).or_else(|| part(client))
    }
    let rows = pick(client, other, |written| written.rows.as_ref()).copied();
    let has_unread_rows = client.has_unread_rows || other.is_some_and(|other| other.has_unread_rows);
    let count = pick(client, other, |written| written.count.as_ref()).cloned().or(rows.map(Field::Fixed));
    let each = pick(client, other, |written| written.each.as_ref()).cloned();
    let uses = [
        pick(client, other, |written| written.url_uses.as_ref()),
        pick(client, other, |written| written.protocol_uses.as_ref()),
        Some(&client.other_uses),
        other.map(|other| &other.other_uses),
    ];
    let answers = pick(client, other, |written| written.answers.as_ref());
    let heartbeat = pick(client, other, |written| written.heartbeat.as_ref());
    let mut standing = StandingUses::default();
    answers.iter().for_each(|(_, uses)| standing.extend(uses));
    heartbeat.iter().for_each(|(_, uses)| standing.extend(uses));
    let handshake = HandshakeSpec {
        headers: pick(client, other, |written| written.headers.as_ref()).cloned().unwrap_or_default(),
        cookies: pick(client, other, |written| written.cookies.as_ref()).cloned().unwrap_or_default(),
        origin: pick(client, other, |written| written.origin.as_ref()).cloned(),
        tls: pick(client, other, |written| written.tls.as_ref()).cloned(),
    };
    let notes = ClientNotes {
        standing,
        name: client.name.clone(),
        is_relayed: !handshake.is_empty(),
        uses: uses.into_iter().flatten().flatten().cloned().collect(),
        // Rows that could not be read make a group all the same, of any size.
        count: count.as_ref().map(|count| count.fixed().copied()).or(has_unread_rows.then_some(None)),
        has_unread_rows,
        columns: each.as_ref().map(|each| each.names.clone()).unwrap_or_default(),
    };
    let client = Client {
        name: client.name.clone(),
        // Without a url there is a problem already, and no suite.
        url: pick(client, other, |written| written.url.as_ref())
            .cloned()
            .unwrap_or_else(|| Field::Fixed(String::new())),
        protocols: pick(client, other, |written| written.protocols.as_ref()).cloned().unwrap_or_default(),
        handshake,
        compression: pick(client, other, |written| written.compression.as_ref()).cloned(),
        correlate: pick(client, other, |written| written.correlate.as_ref()).cloned(),
        framing: pick(client, other, |written| written.framing.as_ref()).cloned(),
        answers: answers.map(|(answers, _)| answers.clone()).unwrap_or_default(),
        heartbeat: heartbeat.map(|(heartbeat, _)| heartbeat.clone()),
        count,
        each,
    };
    (client, notes)
}
