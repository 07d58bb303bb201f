//! What a server can do wrong, one thing each; what each means stands beside the code that does it.

/// What is wrong. All that is not named in it is done right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Handshakes get this status.
    Refuse(u16),
    /// So does every handshake of the check but its first.
    RefuseLater(u16),
    /// The sixth handshake of the check takes this many milliseconds.
    SlowLater(u64),
    /// The handshake is answered with this subprotocol; with none when empty.
    Choose(&'static str),
    /// An offer is answered with its first one, known or not.
    ChooseAnything,
    /// Connections are closed with 1000 this many milliseconds after they have opened.
    EndsAfter(u64),
    /// The handshake agrees to this extension.
    Extend(&'static str),
    /// This path echoes, whatever it stands for.
    Open(&'static str),
    /// Text ends after this many bytes.
    Truncate(usize),
    /// Text beyond 60 000 bytes is cut to as many bytes as it has UTF-16 units.
    CountUnits,
    /// Binary of this size has its last byte changed.
    FlipBinary(usize),
    /// Binary comes back as text.
    BinaryAsText,
    /// In binary of this size bytes above 127 become question marks.
    Ascii(usize),
    /// A message of more bytes than this ends the connection: with this code, or without a close frame for 1006.
    Limit(usize, u16),
    /// In texts of less than a kilobyte, one text becomes another.
    Replace(&'static str, &'static str),
    /// Text ends at the first NUL.
    CutAtNul,
    /// A byte order mark at the start goes.
    StripMark,
    /// This text waits until the next message has been answered.
    Late(&'static str),
    /// Messages beyond 512 KiB that begin with this byte are answered later than small ones.
    SmallFirst(u8),
    /// This text is not answered.
    Lose(&'static str),
    /// Texts that begin so are not answered.
    LoseAll(&'static str),
    /// This text is answered twice.
    Twice(&'static str),
    /// Replies with this in them also go to all other connections.
    CrossTalk(&'static str),
    /// The first member hears broadcasts twice; the last one not at all.
    BroadcastTwice,
    BroadcastToFew,
    /// Binary of this size is answered twice, and then breaks the connection.
    BreakAfterTwo(usize),
    /// While binary of this size is answered, which takes three seconds, no other client gets an answer.
    HoldUp(usize),
    /// Closes are never answered.
    NeverCloses,
    /// A close is answered after this many milliseconds.
    ClosesAfter(u64),
    /// A close with one code is answered with another one.
    CloseCode(u16, u16),
    /// A close whose reason is not ASCII breaks the connection.
    BreakOnReason,
    /// A close right after this message breaks the connection.
    BreakAfter(&'static str),
    /// Where the server closes, it resets the connection instead.
    OwnReset,
    /// The end that the server makes has this code.
    OwnCode(u16),
    /// Its reason is not UTF-8.
    BrokenReason,
    /// After its answer to a close with this code comes a message.
    MessageAfter(u16),
    /// A shutdown breaks the connections.
    BreakOnShutdown,
    /// Text that begins like JSON and is none breaks the connection.
    BreakOnGarbage,
    /// Where connections are to be reset, they are closed with 1000.
    PoliteDrop,
    /// Where nothing gets through any more, the server never notices.
    NeverNoticed,
    /// The old connection of a user is closed with 1000.
    OldGetsThousand,
    /// The second event after a resume is missing.
    Gap,
    /// The first event after a resume comes twice.
    Repeated,
}
