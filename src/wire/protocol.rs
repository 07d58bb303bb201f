//! What a page and its worker say to each other, as types: the same four roles for both workers.

use super::{WireError, bench, checks, decode, decode_json, encode, encode_json};

/// The messages of one worker. A question is one of the requests, and its answer one of the updates.
pub trait Protocol: 'static {
    /// What the page asks the worker to do.
    type Request: 'static;
    /// What the worker sends by itself.
    type Update: 'static;
    /// What the page asks to know.
    type Question;
    /// What the worker knows.
    type Answer: 'static;

    /// The request that asks this question; its answer carries the same id.
    fn question(id: u32, question: Self::Question) -> Self::Request;

    /// Whether more of this answer follows.
    fn is_piece(_answer: &Self::Answer) -> bool {
        false
    }

    /// The page writes this.
    fn write_request(request: &Self::Request) -> Vec<u8>;
    /// The worker reads it.
    fn read_request(bytes: &[u8]) -> Result<Self::Request, WireError>;
    /// The worker writes this.
    fn write_update(update: &Self::Update) -> Vec<u8>;
    /// The page reads it.
    fn read_update(bytes: &[u8]) -> Result<Self::Update, WireError>;
}

/// The bench and its worker; in a binary format, as a flood of frames crosses.
pub struct Bench;

impl Protocol for Bench {
    type Request = bench::Request;
    type Update = bench::Update;
    type Question = bench::Question;
    type Answer = bench::Answer;

    fn question(id: u32, question: bench::Question) -> bench::Request {
        bench::Request::Question { id, question }
    }

    fn is_piece(answer: &bench::Answer) -> bool {
        matches!(answer, bench::Answer::Piece(_))
    }

    fn write_request(request: &bench::Request) -> Vec<u8> {
        encode(request)
    }

    fn read_request(bytes: &[u8]) -> Result<bench::Request, WireError> {
        decode(bytes)
    }

    fn write_update(update: &bench::Update) -> Vec<u8> {
        encode(update)
    }

    fn read_update(bytes: &[u8]) -> Result<bench::Update, WireError> {
        decode(bytes)
    }
}

/// The checks and their worker; as JSON, since reports leave out fields.
pub struct Checks;

impl Protocol for Checks {
    type Request = checks::Request;
    type Update = checks::Update;
    type Question = checks::Question;
    type Answer = checks::Answer;

    fn question(id: u32, question: checks::Question) -> checks::Request {
        checks::Request::Question { id, question }
    }

    fn write_request(request: &checks::Request) -> Vec<u8> {
        encode_json(request)
    }

    fn read_request(bytes: &[u8]) -> Result<checks::Request, WireError> {
        decode_json(bytes)
    }

    fn write_update(update: &checks::Update) -> Vec<u8> {
        encode_json(update)
    }

    fn read_update(bytes: &[u8]) -> Result<checks::Update, WireError> {
        decode_json(bytes)
    }
}
