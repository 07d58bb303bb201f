//! Pings: the round trip below all messages.
//!
//! Owns what is expected of a pong. Only a world that sends frames has pings.

use std::rc::Rc;

use super::super::connections::member::Member;
use super::super::context::step::StepContext;
use super::super::outcome::failure::{self, script};
use super::connection::be_open;
use crate::World;
use crate::base::words;
use crate::base::world::RawFrame;
use crate::report::{Failure, FailureKind};
use crate::suite::PingSpec;

/// Sends a ping and waits for the pong with the same content.
pub(super) async fn ping<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &PingSpec,
) -> Result<(), Box<Failure>> {
    let (check, world) = (context.check, context.world());
    let mut scope = context.scope_of(Some(member), Some(member.seq.get()));
    let payload = spec.payload.get(&mut scope).map_err(script)?.into_bytes();
    let within = spec.within.as_ref().unwrap_or(&check.suite().defaults.within);
    let within = within.get(&mut scope).map_err(script)?;
    be_open(member, check.began)?;
    member.pongs.borrow_mut().clear();
    let sent = member.send_frame(&RawFrame::ping(payload.clone())).map_err(script)?;
    let pong = || {
        let pongs = member.pongs.borrow();
        pongs.iter().find(|(_, content)| *content == payload).map(|(at, _)| *at)
    };
    let heard = || pong().map(Some).or_else(|| member.ending().map(|_| None));
    match member.notify.until(world, sent + within, heard).await {
        Some(Some(at)) => {
            context.run().meter().sample(spec.metric.as_deref().unwrap_or("ping"), at - sent, at);
            Ok(())
        }
        Some(None) => {
            be_open(member, check.began)?;
            Ok(())
        }
        None => {
            let others = member.pongs.borrow().len() as u64;
            let came = match others {
                0 => "none came".to_owned(),
                others => format!("{} with another content came", words::counted(others, "pong")),
            };
            let message = format!("expected the pong within {}, and {came}", words::bound(within));
            Err(failure::plain(FailureKind::Timeout, message))
        }
    }
}
