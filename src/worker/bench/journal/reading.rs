//! Reading a kept session into the state of a worker, which shows it from then on and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::list;
use super::super::pins::Pins;
use super::super::worker::BenchWorker;
use super::writer::{first_of, segment_name};
use super::{HEAD, Journal, tell};
use crate::engine::recording::handshakes::Handshakes;
use crate::engine::report::Origin;
use crate::engine::session::journal::{Opened, Opening};
use crate::engine::{FrameLog, World};
use crate::wire::bench::{ConnectionId, Pin, ReadingSeen, Row, SessionsUpdate};

/// A session may take this many bytes of memory at most; its oldest frames are dropped and counted.
const MOST: u64 = 1 << 30;

impl Journal {
    /// Reads a session and tells the page how far it has come.
    pub(super) async fn read<W: World>(&self, worker: &BenchWorker<W>, id: &str) {
        let mut seen = ReadingSeen { id: id.to_owned(), ..ReadingSeen::default() };
        let told = seen.clone();
        let tell_frames = move |frames| {
            let seen = ReadingSeen { frames, ..told.clone() };
            tell(worker, &SessionsUpdate::Reading(Box::new(seen)));
        };
        match self.read_all(worker, id, tell_frames).await {
            Ok(opened) => {
                seen.frames = opened.session.log.len();
                (seen.lost_frames, seen.lost_bytes) = (opened.lost.frames, opened.lost.bytes);
                seen.is_done = true;
                seen.clock_began = opened.about.origin_us as f64 / 1e3;
                seen.clock_step = Duration::from_nanos(opened.about.clock_step_ns);
                seen.names = worker.take_in(opened);
            }
            Err(words) => seen.failed = Some(words),
        }
        tell(worker, &SessionsUpdate::Reading(Box::new(seen)));
        worker.flush();
    }

    pub(super) async fn read_head(&self, id: &str, budget: usize) -> Result<Opening, String> {
        let head = self.folders.read(id, HEAD).await.map_err(|error| error.to_string())?;
        Opening::new(&head, budget).map_err(|error| error.to_string())
    }

    /// Reads all of a session, and tells after each file how many frames there are so far.
    pub(super) async fn read_all<W: World>(
        &self,
        worker: &BenchWorker<W>,
        id: &str,
        tell_frames: impl Fn(u64),
    ) -> Result<Opened, String> {
        let files = self.folders.files(id).await.map_err(|error| error.to_string())?;
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        // A log needs less for a frame than a file, and some room to grow.
        let budget = (bytes + bytes / 4).min(MOST) as usize + FrameLog::LEAST_BUDGET * 4;
        let mut opening = self.read_head(id, budget).await?;
        let mut segments: Vec<u64> = files.iter().filter_map(|(name, _)| first_of(name)).collect();
        segments.sort_unstable();
        for first in segments {
            // The budget of another tab may remove it in this moment.
            if let Ok(bytes) = self.folders.read(id, &segment_name(first)).await {
                opening.segment(&bytes);
            }
            tell_frames(opening.frames());
            worker.world().breathe().await;
        }
        Ok(opening.finish())
    }
}

impl<W: World> BenchWorker<W> {
    /// Shows a session in place of what is shown. Says what its connections are called.
    fn take_in(&self, opened: Opened) -> Vec<(ConnectionId, String)> {
        let mut names = BTreeMap::new();
        self.change_list(|s| {
            let record = &mut s.record;
            for frame in opened.session.log.from(0) {
                let id = ConnectionId(frame.connection);
                names.entry(id).or_insert_with(|| match id.is_of_check() {
                    true => "a check".to_owned(),
                    false => format!("connection {}", id.0),
                });
                let bytes = frame.bytes.len() as u64;
                record.messages += u64::from(frame.kind.is_message());
                record.bytes.0 += if frame.kind.is_sent() { bytes } else { 0 };
                record.bytes.1 += if frame.kind.is_received() { bytes } else { 0 };
                if let Some(took) = frame.round_trip {
                    record.measured(frame.at, took, frame.is_tainted);
                }
            }
            for connection in opened.session.connections() {
                names.insert(ConnectionId(connection.id), connection.name.clone());
            }
            record.handshakes = Handshakes::of(opened.session.connections().to_vec());
            for (answer, question) in &opened.pairs {
                record.pairs.answered(*question, *answer);
            }
            s.pins = Pins::of(opened.pinned.into_values().map(|pinned| {
                let frame = pinned.entry.frame();
                let row = Row { is_pinned: true, ..list::row(&frame) };
                (Pin { row, note: pinned.remark.clone() }, frame.bytes.into())
            }));
            s.origin = Some(Origin::from_millis(opened.about.origin_us as f64 / 1e3));
            record.log = opened.session.log;
            s.list.redraw();
        });
        names.into_iter().collect()
    }
}
