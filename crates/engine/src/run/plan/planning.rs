//! The plan in detail: which checks run, with which values.
//!
//! Owns the variables of a run and the rows of `each`. It refuses to open anything, so that the caller of a plan learns
//! of a wrong variable before the first connection.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::super::progress::{PlannedCheck, PlannedStep};
use super::addresses;
use super::needs;
use super::options::Options;
use super::outline::results_of;
use super::scope::{EarlyScope, Sources};
use super::split;
use super::titles::Titles;
use crate::base::mask::Masker;
use crate::base::random::Random;
use crate::metrics::Threshold;
use crate::report::{Report, TargetReport};
use crate::suite::{Bound, Check, Each, Suite};
use crate::template::resolve_variables;

/// A suite with everything decided that can be before it runs.
pub struct Plan {
    pub(crate) suite: Rc<Suite>,
    pub(crate) options: Options,
    pub(crate) vars: Map<String, Value>,
    pub(crate) masker: Masker,
    pub(crate) checks: Vec<Planned>,
    pub(crate) targets: Vec<TargetReport>,
    /// Goes on where planning has ended, so that a run needs no other seed.
    pub(crate) random: Random,
}

/// One check with one row.
pub(crate) struct Planned {
    /// Its place in the suite.
    pub check: usize,
    pub row: Map<String, Value>,
    pub name: String,
    /// Why it does not run.
    pub skip: Option<String>,
}

/// Why a suite cannot run with these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct PlanError {
    /// Such as `variable "room"` or `check "many"`.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

impl PlanError {
    /// Whether nothing is wrong but that no check has the tags or the names that were asked for.
    pub fn is_nothing_to_run(&self) -> bool {
        self.what == NOTHING
    }
}

const NOTHING: &str = "nothing to run";

/// No suite needs this many.
const MOST_ROWS: usize = 10_000;

impl Plan {
    /// Works out the variables and the rows. All mistakes are reported at once.
    pub fn new(suite: Rc<Suite>, options: Options, now_millis: u64) -> Result<Self, Vec<PlanError>> {
        let mut sources = Sources::new(Random::with_seed(options.seed), now_millis).watching(&suite.secrets);
        let nothing = Map::new();
        let mut scope =
            EarlyScope { sources: &mut sources, options: &options, vars: &nothing, row: &nothing };
        let vars = resolve_variables(&suite.vars, &options.overrides, &mut scope).map_err(|errors| {
            let error = |error: crate::template::VariableError| PlanError {
                what: format!("variable {:?}", error.name),
                why: error.kind.to_string(),
            };
            errors.into_iter().map(error).collect::<Vec<_>>()
        })?;
        let also: Vec<Value> = options.secrets.iter().cloned().map(Value::String).collect();
        let also: Vec<Value> = also.into_iter().chain(sources.take_derived()).collect();
        let masker = Masker::of_values(suite.secrets.iter().filter_map(|name| vars.get(name)).chain(&also));
        let (mut checks, mut errors) = (Vec::new(), Vec::new());
        let mut has_any = false;
        for (index, check) in suite.checks.iter().enumerate().filter(|(_, check)| has_tag(check, &options)) {
            match rows(check, &vars, &options, &mut sources) {
                Ok(rows) => {
                    let secrets = rows
                        .iter()
                        .flat_map(|(row, _)| row)
                        .filter(|(name, _)| suite.secrets.contains(*name));
                    let derived = sources.take_derived();
                    let mut secrets = secrets.map(|(_, value)| value).chain(&derived);
                    if let Err(error) = secrets.try_for_each(|value| masker.learn(value)) {
                        errors.push(PlanError { what: what_of(check), why: error.to_string() });
                    }
                    let chosen = rows.into_iter().filter(|(_, name)| has_name(check, name, &options));
                    for (row, name) in chosen {
                        has_any = true;
                        if is_ours(&suite, check, &row, &vars, &options, &sources) {
                            let skip =
                                not_run(&suite, check).or_else(|| needs::unmet(&suite, check, &options));
                            checks.push(Planned { check: index, row, name, skip });
                        }
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        if !has_any && errors.is_empty() {
            let why = "no check has the requested tags or name".to_owned();
            errors.push(PlanError { what: NOTHING.to_owned(), why });
        }
        if errors.is_empty() {
            // Values of the suite are the same in all shards, those that are made later are not.
            let planned = checks.iter().map(|planned| (planned.check, &planned.row));
            let targets = addresses::of_plan(&suite, planned, &options, &vars, &sources);
            let random = sources.random.branch(options.shard.index());
            Ok(Self { suite, options, vars, masker, checks, targets, random })
        } else {
            Err(errors
                .into_iter()
                .map(|error| PlanError { why: masker.mask(&error.why).into_owned(), ..error })
                .collect())
        }
    }

    /// How many checks will run, one for each row.
    pub fn count(&self) -> usize {
        self.checks.len()
    }

    /// What will run, in this order.
    pub fn checks(&self) -> Vec<PlannedCheck> {
        self.checks.iter().map(|planned| self.outline(planned)).collect()
    }

    /// The addresses that will be tested, without secrets.
    pub fn targets(&self) -> Vec<TargetReport> {
        self.targets.iter().map(|target| target.clone().masked(&self.masker)).collect()
    }

    /// The limits of the whole run, as a report has them in `expr`.
    pub fn limits(&self) -> Vec<String> {
        self.exprs(&self.suite.thresholds, &Map::new())
    }

    /// Each limit with its value filled in; without those whose value only the run can know.
    fn exprs(&self, bounds: &[Bound], row: &Map<String, Value>) -> Vec<String> {
        let mut sources = Sources::new(self.random.clone(), self.options.origin_millis);
        let mut scope = EarlyScope { sources: &mut sources, options: &self.options, vars: &self.vars, row };
        let expr = |bound: &Bound| {
            let value = bound.bound.get(&mut scope).ok()?;
            let threshold = Threshold::parse(&bound.metric, &value).ok()?;
            Some(self.masker.mask(&threshold.to_string()).into_owned())
        };
        bounds.iter().filter_map(expr).collect()
    }

    /// Takes out the secrets.
    pub fn mask(&self, report: Report) -> Report {
        report.masked(&self.masker)
    }

    /// What takes the secrets of this run out of everything else. A clone of it learns with the run.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    fn outline(&self, planned: &Planned) -> PlannedCheck {
        let check = &self.suite.checks[planned.check];
        let titles = Titles::new(&self.suite, check, &self.vars, &planned.row);
        let results = results_of(&self.suite, check, &titles);
        let steps = results.outline().map(|(path, line, title, note)| PlannedStep {
            path: path.to_owned(),
            line,
            title: self.masker.mask(title).into_owned(),
            note: note.map(|note| self.masker.mask(note).into_owned()),
        });
        PlannedCheck {
            name: self.masker.mask(&planned.name).into_owned(),
            tags: check.tags.clone(),
            steps: steps.collect(),
            limits: self.exprs(&check.thresholds, &planned.row),
        }
    }
}

/// Why a check is left out, by its own word or that of another.
fn not_run(suite: &Suite, check: &Check) -> Option<String> {
    let other = || suite.checks.iter().find_map(|other| Some((other, other.only.as_ref()?)));
    match (&check.skip, &check.only, other()) {
        (Some(reason), _, _) => Some(reason.clone()),
        (None, None, Some((other, reason))) => Some(format!("only {:?} runs: {reason}", other.written_name)),
        _ => None,
    }
}

fn has_tag(check: &Check, options: &Options) -> bool {
    options.tags.is_empty() || check.tags.iter().any(|tag| options.tags.contains(tag))
}

/// By the name of the row, or by that of all rows together.
fn has_name(check: &Check, name: &str, options: &Options) -> bool {
    options.names.is_empty()
        || options.names.iter().any(|asked| asked == name || *asked == check.written_name)
}

/// What has nothing to split runs in the first shard alone, so that it is counted once.
fn is_ours(
    suite: &Suite,
    check: &Check,
    row: &Map<String, Value>,
    vars: &Map<String, Value>,
    options: &Options,
    sources: &Sources,
) -> bool {
    if options.shard.index() == 0 {
        return true;
    }
    // Looking must not take from the randomness that all shards share.
    let mut sources = Sources::new(sources.random.clone(), sources.now_millis);
    let mut scope = EarlyScope { sources: &mut sources, options, vars, row };
    split::names_group(suite, check, &mut scope)
}

/// As a mistake calls it.
fn what_of(check: &Check) -> String {
    match check.name.fixed() {
        Some(name) => format!("check {name:?}"),
        None => format!("the check at line {}", check.position.line),
    }
}

/// The values of a row, and the name of its check.
type NamedRow = (Map<String, Value>, String);

/// The rows of a check with the name of each.
fn rows(
    check: &Check,
    vars: &Map<String, Value>,
    options: &Options,
    sources: &mut Sources,
) -> Result<Vec<NamedRow>, PlanError> {
    let what = what_of(check);
    let error = |why: String| PlanError { what: what.clone(), why };
    let nothing = Map::new();
    let rows = match &check.each {
        None => vec![Map::new()],
        Some(each) => {
            let mut scope = EarlyScope { sources, options, vars, row: &nothing };
            let value = each.rows.expand(&mut scope).map_err(|found| error(found.to_string()))?;
            spread(&value, each).map_err(error)?
        }
    };
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        let mut scope = EarlyScope { sources, options, vars, row: &row };
        let name = check.name.get(&mut scope).map_err(|found| error(found.to_string()))?;
        named.push((row, name));
    }
    // A name that does not show the row gets the row's values.
    let names: HashSet<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let tells = names.len() == named.len();
    if !tells || check.each.is_some() && named.len() == 1 && check.name.fixed().is_some() {
        for (row, name) in &mut named {
            let values: Vec<_> = row.iter().map(|(key, value)| format!("{key}={}", show(value))).collect();
            *name = format!("{name} ({})", values.join(", "));
        }
    }
    Ok(named)
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => crate::matcher::excerpt(other),
    }
}

fn too_many() -> String {
    format!("each makes more than {MOST_ROWS} checks")
}

/// Columns make every combination, the last one turning fastest; a list is rows already.
fn spread(value: &Value, each: &Each) -> Result<Vec<Map<String, Value>>, String> {
    let rows = match value {
        Value::Array(rows) if rows.len() > MOST_ROWS => return Err(too_many()),
        Value::Array(rows) => rows
            .iter()
            .map(|row| row.as_object().cloned().ok_or_else(|| "a row of each is an object".to_owned()))
            .collect::<Result<Vec<_>, _>>()?,
        Value::Object(columns) => {
            let mut rows = vec![Map::new()];
            for (name, values) in columns {
                let Value::Array(values) = values else {
                    return Err(format!("each.{name} is a list of values"));
                };
                if rows.len().saturating_mul(values.len()) > MOST_ROWS {
                    return Err(too_many());
                }
                let with = |row: &Map<String, Value>, value: &Value| {
                    let mut row = row.clone();
                    row.insert(name.clone(), value.clone());
                    row
                };
                rows = rows.iter().flat_map(|row| values.iter().map(move |value| with(row, value))).collect();
            }
            rows
        }
        _ => return Err("each is an object of lists, or a list of objects".to_owned()),
    };
    if rows.is_empty() {
        return Err("each has no row, so there would be no check".to_owned());
    }
    match rows.iter().find(|row| each.names.iter().any(|name| !row.contains_key(name))) {
        Some(_) => Err(format!("every row of each has {}", each.names.join(", "))),
        None => Ok(rows),
    }
}
