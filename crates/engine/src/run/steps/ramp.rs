//! Load that changes over time: clients that come and go, rounds and sessions that begin on the clock.
//!
//! Owns when each of them begins, and on which member of the group. Every shard computes the whole schedule and does the part of its own
//! members, so that all shards together do what one does alone. What begins on the clock begins whether or not earlier ones have ended.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, FutureExt, LocalBoxFuture, select};

use super::super::connections::member::Member;
use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use super::super::pacing::curve::Curve;
use super::super::pacing::pause::exponential;
use super::close::close;
use super::connect::connect_all;
use super::connection::of_member;
use super::pause::sequence;
use super::rounds::{OpenRounds, sleep_until};
use super::targets::Members;
use crate::base::notify::Notify;
use crate::base::random::Random;
use crate::report::Failure;
use crate::suite::{CloseSpec, ConnectSpec, Ramp, RampLoad, Step};
use crate::{Instant, World};

/// The metric of whole sessions, from when each was due to the end of its steps.
pub(crate) const SESSION: &str = "session";

/// A ramp with its placeholders filled in.
struct Schedule {
    lasting: Duration,
    clients: Curve,
    rate: Curve,
    /// Distances between what begins, where they are random; their mean is 1.
    gaps: Option<Random>,
}

/// What all that runs in a ramp shares.
struct Running<'r, 'c, W: World> {
    context: &'r StepContext<'c, W>,
    ramp: &'r Ramp,
    schedule: &'r Schedule,
    began: Instant,
    /// The members that are here, in the order of their indices.
    members: Members<W>,
    /// How many members the group has in all shards together.
    size: u64,
    /// Those that run no session.
    free: RefCell<VecDeque<Rc<Member<W>>>>,
    /// Rounds that run, by the member's place here.
    busy: Vec<Cell<u32>>,
    /// Everything that is due before this has begun; rings when it moves.
    reached: Cell<Duration>,
    moves: Notify,
    /// Whether all that runs has to end; rings when that is so.
    is_over: Cell<bool>,
    ends: Notify,
    failures: RefCell<Vec<Failure>>,
}

type Part<'f> = LocalBoxFuture<'f, Result<(), Interrupted>>;

/// Runs all stages. Answers what failed in opening and closing, and how the rounds ended.
pub(super) async fn ramp<W: World>(
    context: &StepContext<'_, W>,
    ramp: &Ramp,
    step: &Step,
    members: Members<W>,
) -> (Vec<Failure>, Result<(), Interrupted>) {
    let (schedule, size) = match read(context, ramp, step, &members) {
        Ok(read) => read,
        Err(failure) => return (vec![*failure], Ok(())),
    };
    let running = Running {
        context,
        ramp,
        schedule: &schedule,
        began: context.world().now(),
        busy: members.iter().map(|_| Cell::new(0)).collect(),
        free: RefCell::new(members.iter().cloned().collect()),
        members,
        size,
        reached: Cell::default(),
        moves: Notify::default(),
        is_over: Cell::new(false),
        ends: Notify::default(),
        failures: RefCell::default(),
    };
    let end = running.run().await;
    (running.failures.take(), end)
}

fn read<W: World>(
    context: &StepContext<'_, W>,
    ramp: &Ramp,
    step: &Step,
    members: &[Rc<Member<W>>],
) -> Result<(Schedule, u64), Box<Failure>> {
    let connections = &context.check.connections;
    let client = members.first().map(|member| member.client);
    let is_group = |member: &Rc<Member<W>>| member.index.is_some() && Some(member.client) == client;
    let (Some(client), true) = (client, members.iter().all(is_group)) else {
        return Err(failure::script("a ramp takes the members of one group; name the group with \"on\""));
    };
    let size = connections.groups.size(client);
    let (mut clients, mut rate, mut lasting) = (Vec::new(), Vec::new(), Duration::ZERO);
    for stage in &ramp.stages {
        let mut scope = context.scope();
        let time = stage.lasting.get(&mut scope).map_err(failure::script)?;
        let many = stage.clients.as_ref().map(|many| many.get(&mut scope)).transpose();
        let often = stage.rate.as_ref().map(|often| often.get(&mut scope)).transpose();
        clients.push((time, many.map_err(failure::script)?.map(|many| many as f64)));
        rate.push((time, often.map_err(failure::script)?.map(|often| often.0)));
        lasting += time;
    }
    let gaps = ramp.is_random.then(|| sequence(context, step, "", 0));
    let schedule = Schedule { lasting, clients: Curve::new(clients), rate: Curve::new(rate), gaps };
    let highest = schedule.clients.highest();
    if highest > size as f64 {
        let name = &context.check.definition.clients[client].name;
        return Err(failure::script(format!(
            "the ramp takes {highest} clients, and {name} has {size}; raise its \"count\""
        )));
    }
    let is_idle = match ramp.load {
        RampLoad::Clients => schedule.clients.above(0.0).is_empty(),
        RampLoad::ClientsAndRate | RampLoad::Rate | RampLoad::Sessions => schedule.rate.when(0.0).is_none(),
    };
    if is_idle {
        return Err(failure::script("the ramp begins nothing, so nothing would be checked"));
    }
    Ok((schedule, size))
}

impl<W: World> Running<'_, '_, W> {
    async fn run(&self) -> Result<(), Interrupted> {
        let run = self.context.run();
        let mut open: OpenRounds<Part<'_>> = OpenRounds::new();
        if matches!(self.ramp.load, RampLoad::Clients | RampLoad::ClientsAndRate) {
            for (place, member) in self.members.iter().enumerate() {
                let spans = self.schedule.clients.above(member.index.unwrap_or_default() as f64);
                if !spans.is_empty() {
                    open.running.push(Box::pin(self.life(place, spans)));
                }
            }
        }
        let (mut number, mut gaps, mut count) = (0_u64, self.schedule.gaps.clone(), 0.0);
        if let Some(gaps) = &mut gaps {
            count = exponential(gaps);
        }
        while self.ramp.load != RampLoad::Clients
            && let Some(after) = self.schedule.rate.when(count)
        {
            let due = self.began + after;
            self.reach(after);
            // Those that run get their turn also when the next one is due already.
            if open.over().now_or_never().is_some() {
                break;
            }
            if let Either::Right(_) = select(pin!(sleep_until(run, due)), open.over()).await {
                break;
            }
            if let Some(part) = self.begin(number, after) {
                open.running.push(part);
            }
            number += 1;
            count += gaps.as_mut().map_or(1.0, exponential);
            // It begins now, before any yield.
            open.over().now_or_never();
            run.yield_budget.take(&run.world).await;
        }
        self.reach(Duration::MAX);
        let rest = sleep_until(run, self.began + self.schedule.lasting);
        select(pin!(rest), open.over()).await;
        if open.is_over() {
            self.is_over.set(true);
            self.ends.ring();
            self.moves.ring();
            self.members.iter().for_each(|member| member.notify.ring());
        }
        open.finish().await
    }

    fn reach(&self, after: Duration) {
        self.reached.set(after);
        self.moves.ring();
    }

    /// What begins as this number, if it is of this shard and can begin.
    fn begin(&self, number: u64, after: Duration) -> Option<Part<'_>> {
        let due = self.began + after;
        let shard = self.context.run().plan.options.shard;
        if self.ramp.load == RampLoad::ClientsAndRate {
            // A client that comes at this moment counts.
            let there = self.schedule.clients.at(after + Duration::from_nanos(1)).ceil() as u64;
            if there == 0 {
                return self.unstarted(shard.index() == 0);
            }
            // The same member begins it, in whichever shard it is.
            let index = number % there;
            let place = (index / u64::from(shard.of())) as usize;
            return shard.holds(index).then(|| -> Part<'_> { Box::pin(self.round(place, number, due)) });
        }
        // A shard without members has no share.
        let shards = u64::from(shard.of()).min(self.size.max(1));
        if number % shards != u64::from(shard.index()) {
            return None;
        }
        if self.ramp.load == RampLoad::Rate {
            let place = (number / shards) as usize % self.members.len();
            return Some(Box::pin(self.round(place, number, due)));
        }
        let free = self.free.borrow_mut().pop_front();
        match free {
            Some(member) => Some(Box::pin(self.session(member, number, due))),
            None => self.unstarted(true),
        }
    }

    fn unstarted<T>(&self, is_ours: bool) -> Option<T> {
        self.context.run().meter().counters().unstarted += u64::from(is_ours);
        None
    }

    /// A client that comes and goes.
    async fn life(&self, place: usize, spans: Vec<(Duration, Duration)>) -> Result<(), Interrupted> {
        let run = self.context.run();
        let member = &self.members[place];
        let context = self.context.with(member);
        let mut number = 0;
        for (from, leaves) in spans {
            let (from, to) = (self.began + from, self.began + leaves);
            if self.waits_until(from).await {
                return Ok(());
            }
            self.enter(&context, member).await?;
            if self.ramp.load == RampLoad::Clients {
                while run.world.now() < to && !self.is_over.get() {
                    let done = context.in_round(number, None).steps(&self.ramp.steps).await;
                    if let Err(broken @ (Interrupted::Failed | Interrupted::Skipped)) = done {
                        return Err(broken);
                    }
                    number += 1;
                    run.yield_budget.take(&run.world).await;
                }
            } else {
                self.waits_until(to).await;
                // A late loop begins late what was due before.
                let is_through = || self.reached.get() >= leaves || self.is_over.get();
                self.moves.when(|| is_through().then_some(())).await;
                member.notify.when(|| (self.busy[place].get() == 0).then_some(())).await;
            }
            self.leave(&context, member).await?;
        }
        Ok(())
    }

    /// A round on a client that is there, or is about to be.
    async fn round(&self, place: usize, number: u64, due: Instant) -> Result<(), Interrupted> {
        let member = &self.members[place];
        let busy = &self.busy[place];
        busy.set(busy.get() + 1);
        if self.ramp.load == RampLoad::ClientsAndRate {
            // A client that comes only now begins when it is open; that it waited is part of what the round took.
            let is_there = || (member.is_open() || self.is_over.get()).then_some(());
            let within = self.context.check.early(&self.context.check.suite().defaults.within);
            let deadline = self.context.world().now() + within.unwrap_or_default();
            member.notify.until(self.context.world(), deadline, is_there).await;
        }
        let done = match self.is_over.get() {
            true => Ok(()),
            false => self.context.with(member).in_round(number, Some(due)).steps(&self.ramp.steps).await,
        };
        busy.set(busy.get() - 1);
        member.notify.ring();
        done
    }

    /// One session: a connection opens, runs the steps and closes.
    async fn session(&self, member: Rc<Member<W>>, number: u64, due: Instant) -> Result<(), Interrupted> {
        let run = self.context.run();
        let context = self.context.with(&member).in_round(number, Some(due));
        self.enter(&context, &member).await?;
        if let Some(opened) = member.opened.get() {
            let metric = format!("{}.intended", context.check.metric(&member, "open"));
            run.meter().sample(&metric, opened.since(due), opened);
        }
        let done = context.steps(&self.ramp.steps).await;
        if let Err(broken @ (Interrupted::Failed | Interrupted::Skipped)) = done {
            return Err(broken);
        }
        let now = run.world.now();
        run.meter().sample(SESSION, now - due, now);
        self.leave(&context, &member).await?;
        self.free.borrow_mut().push_back(member);
        done
    }

    /// Opens a connection as someone who was not there before.
    async fn enter(&self, context: &StepContext<'_, W>, member: &Rc<Member<W>>) -> Result<(), Interrupted> {
        context.check.connections.renew(member);
        let failed = connect_all(context, &ConnectSpec::default(), std::slice::from_ref(member)).await;
        self.note(failed)
    }

    async fn leave(&self, context: &StepContext<'_, W>, member: &Rc<Member<W>>) -> Result<(), Interrupted> {
        let done = close(context, member, &CloseSpec::default()).await;
        self.note(done.err().map(|failure| of_member(context.run(), member, *failure)).into_iter().collect())
    }

    /// Keeps failures of opening and closing, which the ramp reports as its own.
    fn note(&self, failed: Vec<Failure>) -> Result<(), Interrupted> {
        if failed.is_empty() {
            return Ok(());
        }
        self.failures.borrow_mut().extend(failed);
        Err(Interrupted::Failed)
    }

    /// Waits for a moment; answers whether the ramp was over before.
    async fn waits_until(&self, due: Instant) -> bool {
        let over = self.ends.when(|| self.is_over.get().then_some(()));
        let sleep = sleep_until(self.context.run(), due);
        matches!(select(pin!(over), pin!(sleep)).await, Either::Left(_))
    }
}
