//! An inbox selects what a slow, obvious one selects.

use super::*;

/// What one expectation of the model is like. Messages are a letter and an id.
#[derive(Clone, Debug)]
struct Wish {
    mode: Mode,
    /// The letters that each slot would do with.
    slots: Vec<&'static str>,
    since: u64,
    deadline: u64,
    pairing: Paired,
}

#[derive(Clone, Debug, PartialEq)]
enum Paired {
    No,
    Field(u64),
    Content(Letter),
}

#[derive(Clone, Debug, PartialEq)]
struct Letter {
    letter: char,
    id: u64,
}

impl Letter {
    /// The id in one of several ways to write the same number.
    fn text(&self, style: usize) -> String {
        let id =
            [format!("{}", self.id), format!("{}.0", self.id), format!("{}e0", self.id)][style % 3].clone();
        format!("{{\"letter\":\"{}\",\"id\":{id}}}", self.letter)
    }
}

/// A slow inbox, which goes through everything again and again.
#[derive(Default)]
struct Model {
    messages: Vec<Came>,
    wishes: Vec<Held>,
    /// The kinds of pairing in the order of the first wait by each.
    lanes: Vec<bool>,
    /// By pairing: those that had their end, and whether an answer has come since.
    past: Vec<(Paired, Vec<&'static str>, bool)>,
}

struct Came {
    letter: Letter,
    text: String,
    at: u64,
    is_taken: bool,
}

struct Held {
    wish: Wish,
    got: Vec<usize>,
    surplus: Option<usize>,
    is_waiting: bool,
}

impl Held {
    /// Whether it had what it wanted when its wait was over.
    fn was_answered(&self) -> bool {
        match self.wish.mode {
            Mode::Exactly(times) => self.surplus.is_some() || self.got.len() as u64 == times,
            _ => self.is_done(),
        }
    }

    fn is_done(&self) -> bool {
        self.surplus.is_some()
            || !matches!(self.wish.mode, Mode::Exactly(_)) && self.got.len() == self.wish.slots.len()
    }
}

impl Model {
    fn fits(&self, wish: &Wish, slot: usize, at: usize) -> bool {
        let came = &self.messages[at];
        match &wish.pairing {
            Paired::Content(sent) => came.text == sent.text(0),
            _ => wish.slots[slot].contains(came.letter.letter),
        }
    }

    /// Whether these messages can have a slot each.
    fn can_be_placed(&self, wish: &Wish, messages: &[usize], free: &[usize]) -> bool {
        let Some((first, rest)) = messages.split_first() else { return true };
        free.iter().any(|slot| {
            let left: Vec<_> = free.iter().copied().filter(|other| other != slot).collect();
            self.fits(wish, *slot, *first) && self.can_be_placed(wish, rest, &left)
        })
    }

    /// Offers a message; answers whether it is taken.
    fn offer(&mut self, which: usize, at: usize) -> bool {
        let held = &self.wishes[which];
        let (wish, came) = (&held.wish, &self.messages[at]);
        if (at as u64) < wish.since || came.at > wish.deadline || held.is_done() {
            return false;
        }
        if let Paired::Field(id) = wish.pairing
            && id != came.letter.id
        {
            return false;
        }
        let takes = match wish.mode {
            Mode::First | Mode::InOrder => self.fits(wish, held.got.len(), at),
            Mode::AnyOrder => {
                let all: Vec<_> = held.got.iter().copied().chain([at]).collect();
                self.can_be_placed(wish, &all, &(0..wish.slots.len()).collect::<Vec<_>>())
            }
            Mode::Exactly(times) => {
                let fits = self.fits(wish, 0, at);
                if fits && held.got.len() as u64 == times {
                    self.wishes[which].surplus = Some(at);
                    return false;
                }
                fits
            }
        };
        if takes {
            self.wishes[which].got.push(at);
            self.messages[at].is_taken = true;
        }
        takes
    }

    fn expect(&mut self, wish: Wish) {
        self.wishes.push(Held { wish, got: Vec::new(), surplus: None, is_waiting: true });
        let which = self.wishes.len() - 1;
        for at in 0..self.messages.len() {
            if !self.messages[at].is_taken {
                self.offer(which, at);
            }
        }
        let held = &mut self.wishes[which];
        // Who has it all at once never waits, so nothing of it is remembered.
        held.is_waiting = !held.is_done();
        let is_content = match held.wish.pairing {
            Paired::No => return,
            Paired::Field(_) => false,
            Paired::Content(_) => true,
        };
        if held.is_waiting && !self.lanes.contains(&is_content) {
            self.lanes.push(is_content);
        }
    }

    fn end(&mut self, which: usize) {
        let held = &mut self.wishes[which];
        if !std::mem::replace(&mut held.is_waiting, false) || held.wish.pairing == Paired::No {
            return;
        }
        let (pairing, was_answered) = (held.wish.pairing.clone(), held.was_answered());
        let slots = held.wish.slots.clone();
        self.past.retain(|(known, ..)| *known != pairing);
        self.past.push((pairing, slots, was_answered));
    }

    fn arrive(&mut self, letter: Letter, text: String, at: u64) -> Arrival {
        self.messages.push(Came { letter: letter.clone(), text: text.clone(), at, is_taken: false });
        let newest = self.messages.len() - 1;
        let mut other = Arrival::Left;
        for is_content in self.lanes.clone() {
            let is_here = |held: &Held| match held.wish.pairing {
                Paired::No => false,
                Paired::Field(_) => !is_content,
                Paired::Content(_) => is_content,
            };
            for which in 0..self.wishes.len() {
                if self.wishes[which].is_waiting && is_here(&self.wishes[which]) && self.offer(which, newest)
                {
                    if self.wishes[which].is_done() {
                        self.end(which);
                    }
                    return Arrival::Taken;
                }
            }
            for (pairing, slots, was_answered) in &mut self.past {
                let is_meant = match pairing {
                    Paired::Field(id) => {
                        !is_content
                            && *id == letter.id
                            && slots.iter().any(|slot| slot.contains(letter.letter))
                    }
                    Paired::Content(sent) => is_content && sent.text(0) == text,
                    Paired::No => false,
                };
                if is_meant {
                    other = if std::mem::replace(was_answered, true) {
                        Arrival::Duplicate
                    } else {
                        Arrival::Late
                    };
                }
            }
        }
        for which in 0..self.wishes.len() {
            let held = &self.wishes[which];
            if held.is_waiting && held.wish.pairing == Paired::No && self.offer(which, newest) {
                if self.wishes[which].is_done() {
                    self.end(which);
                }
                return Arrival::Taken;
            }
        }
        other
    }
}

/// Matchers by their letters, the same ones for the same letters, as the rounds of a step have.
#[derive(Default)]
struct Matchers(std::cell::RefCell<BTreeMap<String, Rc<Matcher>>>);

impl Matchers {
    fn of(&self, letters: &str) -> Option<Rc<Matcher>> {
        if letters == ANY {
            return None;
        }
        let made = || {
            let spec = match letters {
                "echo" => json!({"echo": true}),
                _ => {
                    json!({"subset": {"letter": {"$in": letters.chars().map(String::from).collect::<Vec<_>>()}}})
                }
            };
            Rc::new(Matcher::compile(&spec).expect("a good matcher"))
        };
        Some(self.0.borrow_mut().entry(letters.to_owned()).or_insert_with(made).clone())
    }
}

const ANY: &str = "abcd";

const LETTERS: [&str; 7] = ["a", "b", "ab", "bc", "c", "abc", ANY];

#[test]
fn an_inbox_selects_what_a_slow_one_selects() {
    holds(1500, bytes(400), |bytes| {
        let choices = Choices::of(&bytes);
        let (probe, matchers, mut model) = (Probe::new(), Matchers::default(), Model::default());
        let query = Rc::new(Pick::read(&"$.id".into()).expect("a good path"));
        let mut waiting: Vec<Waiting> = Vec::new();
        let (mut now, instant) = (0, |millis| Instant::ORIGIN + Duration::from_millis(millis));
        let letter = |choices: &Choices<'_>| Letter {
            letter: choices.pick(&['a', 'b', 'c', 'd']),
            id: choices.below(3) as u64,
        };
        while !choices.is_used_up() {
            now += choices.below(3) as u64;
            match choices.below(8) {
                // Sometimes many, so that going through them is a long way.
                0..=3 => {
                    let many = if choices.chance(20) { choices.below(200) } else { 1 };
                    for _ in 0..many.max(1) {
                        let came = letter(&choices);
                        let text = came.text(if choices.chance(60) { 1 } else { 0 });
                        let got = probe.arrive(instant(now), Payload::Text(text.clone()));
                        assert_eq!(got, model.arrive(came, text, now));
                    }
                }
                4 if !waiting.is_empty() => {
                    let which = choices.below(waiting.len());
                    // As a step does at its end: one that has what it wants has been let go already.
                    if !waiting[which].is_done() || waiting[which].surplus().is_some() {
                        probe.give_up(&waiting[which]);
                        model.end(which);
                    }
                }
                _ => {
                    let sent = letter(&choices);
                    let mode = [Mode::First, Mode::First, Mode::First, Mode::InOrder, Mode::AnyOrder]
                        .get(choices.below(6))
                        .copied()
                        .unwrap_or(Mode::Exactly(choices.below(4) as u64));
                    let count =
                        if matches!(mode, Mode::InOrder | Mode::AnyOrder) { 1 + choices.below(4) } else { 1 };
                    let pairing = match choices.below(4) {
                        0 => Paired::Field(sent.id),
                        1 if mode == Mode::First => Paired::Content(sent.clone()),
                        _ => Paired::No,
                    };
                    let slots: Vec<_> = (0..count).map(|_| choices.pick(&LETTERS)).collect();
                    let since = if choices.chance(60) {
                        0
                    } else {
                        probe.next().saturating_sub(choices.below(5) as u64)
                    };
                    let deadline = now + choices.below(12) as u64;
                    let is_echo = matches!(pairing, Paired::Content(_));
                    let wanting = Wanting {
                        mode,
                        slots: slots
                            .iter()
                            .map(|slot| matchers.of(if is_echo { "echo" } else { slot }))
                            .collect(),
                        since,
                        deadline: instant(deadline),
                        sent: (pairing != Paired::No).then(|| Payload::Text(sent.text(0))),
                        pairing: match pairing {
                            Paired::No => Pairing::None,
                            Paired::Field(_) => Pairing::Field(query.clone()),
                            Paired::Content(_) => Pairing::Content,
                        },
                    };
                    waiting.push(probe.expect(wanting).expect("what was sent has an id"));
                    model.expect(Wish { mode, slots, since, deadline, pairing });
                }
            }
            for (waiting, held) in waiting.iter().zip(&model.wishes) {
                let mut got: Vec<_> =
                    waiting.selected().into_iter().map(|(_, order)| order as usize).collect();
                got.sort_unstable();
                assert_eq!((got, waiting.is_done()), (held.got.clone(), held.is_done()), "{:?}", held.wish);
                assert_eq!(waiting.surplus().map(|order| order as usize), held.surplus, "{:?}", held.wish);
            }
            let left: Vec<_> = (0..model.messages.len()).filter(|at| !model.messages[*at].is_taken).collect();
            assert_eq!(probe.leftovers(), left.into_iter().map(|at| at as u64).collect::<Vec<_>>());
        }
    });
}
