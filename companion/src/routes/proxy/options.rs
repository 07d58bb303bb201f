//! What a connection to `/ws/proxy` asks for in its query: where to, for whom, and the toxics that it has for its life.

use super::kind::{Given, Kind, TYPES};
use super::toxic::{Stream, Toxic};
use crate::destination::Destination;
use crate::routes::query::{LONGEST_NAME, Query, QueryError, probability};

/// One connection's query.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where to.
    pub to: Destination,
    /// Any certificate will do.
    pub is_insecure: bool,
    /// The key they are for, empty when none is named: toxics of the API may be for one key.
    pub key: String,
    /// What all chances follow from.
    pub seed: u64,
    /// The recording that its messages are kept in, if any.
    pub record: Option<String>,
    /// Whether the target gets every header field of the client, and the client every one of the answer.
    pub passes_all: bool,
    /// What goes wrong as long as it lasts.
    pub toxics: Vec<Toxic>,
}

const KNOWN: &str = "to, insecure, key, seed, record, direction, toxicity, after";
/// The directions that a parameter may name for itself, as in `upstream.latency=50ms`.
const PREFIXES: [(&str, Option<Stream>); 4] = [
    ("", None),
    ("upstream.", Some(Stream::Upstream)),
    ("downstream.", Some(Stream::Downstream)),
    ("both.", Some(Stream::Both)),
];

impl Options {
    /// Reads a query, of which every parameter has to be known.
    pub fn read(query: &Query<'_>) -> Result<Self, QueryError> {
        let to = query.get("to").filter(|to| !to.is_empty()).ok_or(QueryError::Missing("to"))?;
        let to = to.parse().map_err(QueryError::Destination)?;
        let invalid = |name: &str, expected| {
            let value = query.get(name).unwrap_or_default().to_owned();
            QueryError::Invalid { name: name.to_owned(), value, expected }
        };
        let is_insecure = match query.get("insecure") {
            None | Some("0" | "false") => false,
            Some("" | "1" | "true") => true,
            Some(_) => return Err(invalid("insecure", "true or false")),
        };
        let key = query.get("key").unwrap_or_default().to_owned();
        if key.len() > LONGEST_NAME {
            return Err(QueryError::TooLong("key"));
        }
        let record = match query.get("record") {
            None => None,
            Some(_) => Some(query.name("record")?),
        };
        let direction = match query.get("direction") {
            None => Stream::default(),
            Some(text) => {
                Stream::read(text).ok_or_else(|| invalid("direction", "upstream, downstream or both"))?
            }
        };
        let toxicity = match query.get("toxicity") {
            None => 1.0,
            Some(text) => {
                probability(text).ok_or_else(|| invalid("toxicity", "a probability from 0 to 1"))?
            }
        };
        let after = query.number("after", 0)?;
        let seed = query.number("seed", 1)?;
        if let Some((name, _)) = query.iter().find(|(name, _)| !is_known(name)) {
            let types = TYPES.iter().flat_map(|kind| kind.attributes);
            let known: String = types.flat_map(|(_, parameter)| [", ", parameter]).collect();
            return Err(QueryError::Unknown { name: name.to_owned(), known: format!("{KNOWN}{known}") });
        }
        let mut toxics = Vec::new();
        for (prefix, own) in PREFIXES {
            let stream = own.unwrap_or(direction);
            for kind in TYPES {
                let mut given = Given::default();
                for (attribute, parameter) in kind.attributes {
                    if let Some((_, value)) =
                        query.iter().find(|(name, _)| name.strip_prefix(prefix) == Some(parameter))
                    {
                        given.push(attribute, parameter, value);
                    }
                }
                if !given.is_empty() {
                    let kind = Kind::read(kind.name, &given)?;
                    let name = Toxic::usual_name(&kind, stream);
                    toxics.push(Toxic { name, kind, stream, toxicity, after, key: None });
                }
            }
        }
        Ok(Self { to, is_insecure, key, seed, record, passes_all: false, toxics })
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.split(", ").any(|known| known == name)
        || PREFIXES.iter().filter_map(|(prefix, _)| name.strip_prefix(prefix)).any(|name| {
            TYPES.iter().any(|kind| kind.attributes.iter().any(|(_, parameter)| *parameter == name))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read(text: &str) -> Result<Options, QueryError> {
        Options::read(&Query::parse(text))
    }

    #[test]
    fn a_query_without_toxics_is_a_plain_proxy() {
        let options = read("to=ws%3A%2F%2Flocalhost%3A3000%2Fchat%3Fa%3D1").unwrap();
        assert_eq!(options.to.to_string(), "ws://localhost:3000/chat?a=1");
        assert_eq!((options.is_insecure, options.key.as_str(), options.seed), (false, "", 1));
        assert_eq!(options.toxics, []);
    }

    #[test]
    fn parameters_of_one_type_make_one_toxic() {
        let query =
            "to=ws://localhost&latency=100ms&jitter=20ms&direction=upstream&toxicity=0.5&after=3&seed=7";
        let options = read(query).unwrap();
        let kind = Kind::Latency { latency: Duration::from_millis(100), jitter: Duration::from_millis(20) };
        let stream = Stream::Upstream;
        let name = "latency_upstream".to_owned();
        assert_eq!(options.toxics, [Toxic { name, kind, stream, toxicity: 0.5, after: 3, key: None }]);
        assert_eq!(options.seed, 7);
    }

    #[test]
    fn a_parameter_may_name_its_own_direction() {
        let options = read("to=ws://localhost&upstream.drop=0.1&drop=0.2&both.slicer=5").unwrap();
        let got: Vec<_> = options.toxics.iter().map(|it| (it.kind.name(), it.stream)).collect();
        assert_eq!(got, [("drop", Stream::Downstream), ("drop", Stream::Upstream), ("slicer", Stream::Both)]);
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        for (query, words) in [
            ("", "\"to\" is missing"),
            ("to=http://localhost", "begin with ws://"),
            ("to=ws://localhost&latncy=5", "\"latncy\"; known are to, insecure"),
            ("to=ws://localhost&downstream.seed=5", "downstream.seed"),
            ("to=ws://localhost&direction=left", "direction=\"left\" is not upstream"),
            ("to=ws://localhost&drop=often", "drop=\"often\" is not a probability"),
            ("to=ws://localhost&size_variation=5", "\"average_size\" is missing"),
            ("to=ws://localhost&insecure=maybe", "insecure"),
        ] {
            let error = read(query).unwrap_err().to_string();
            assert!(error.contains(words), "{query}: {error}");
        }
    }
}
