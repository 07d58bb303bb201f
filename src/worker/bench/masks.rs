//! Takes secrets out of what is shown without being asked for.
//!
//! Owns nothing while there is no secret, so that what knows their forms is not part of the first download.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use crate::engine::base::mask::{MASK, Masker, is_derived_secret};
use crate::engine::relay::Profile;
use crate::engine::secrets::Known;
use crate::wire::bench::Workspace;

/// What takes them out of a text, and what learns more of them.
pub(super) struct Masking {
    take: Box<dyn Fn(&mut String)>,
    learn: Box<Learn>,
}

/// Whether the first holds a secret, and so the second is one from now on.
type Learn = dyn Fn(&str, &str) -> Result<bool, String>;

/// None while there are no secrets.
pub(super) type Mask = Option<Rc<Masking>>;

/// What functions of placeholders have made of secrets. It stays secret when the variables change.
#[derive(Default)]
pub(super) struct Derived(Vec<String>);

impl Derived {
    /// Keeps what was made of a value, if that value holds a secret.
    pub fn learn(&mut self, mask: &Mask, from: &Value, made: &Value) -> Result<(), String> {
        let (Some(mask), made) = (mask, text(made)) else { return Ok(()) };
        if !is_derived_secret(&made) || self.0.contains(&made) {
            return Ok(());
        }
        if (mask.learn)(&text(from), &made)? {
            self.0.push(made);
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Of the secrets of a set-up as they are now, and of what was made of them.
pub(super) fn of(workspace: &Workspace, derived: &Derived) -> Mask {
    if workspace.secrets().next().is_none() && typed(workspace).is_empty() {
        return None;
    }
    let masker = masker(workspace, derived);
    let learner = masker.clone();
    Some(Rc::new(Masking {
        take: Box::new(move |text| {
            if let Cow::Owned(masked) = masker.mask(text) {
                *text = masked;
            }
        }),
        learn: Box::new(move |from, made| {
            let is_secret = learner.knows(from);
            if is_secret {
                learner.learn(&Value::String(made.to_owned())).map_err(|error| error.to_string())?;
            }
            Ok(is_secret)
        }),
    }))
}

/// Until what knows the forms of secrets has come: the values as they are written.
pub(super) fn plain(workspace: &Workspace) -> Mask {
    let secrets: Vec<String> = workspace.secrets().map(|it| it.value.clone()).collect();
    (!secrets.is_empty()).then(|| {
        Rc::new(Masking {
            take: Box::new(move |text| {
                for secret in &secrets {
                    if text.contains(secret) {
                        *text = text.replace(secret, MASK);
                    }
                }
            }),
            learn: Box::new(|_, _| Ok(false)),
        })
    })
}

/// The same for what is asked for.
pub(super) fn masker(workspace: &Workspace, derived: &Derived) -> Masker {
    Masker::new(values(workspace, derived))
}

/// The values that are masked.
pub(super) fn values(workspace: &Workspace, derived: &Derived) -> Vec<String> {
    let secrets = workspace.secrets().map(|it| it.value.clone());
    let typed = typed(workspace).into_iter().filter(|value| value.len() >= Known::SHORT);
    secrets.chain(derived.0.iter().cloned()).chain(typed).collect()
}

/// What was typed as a secret into the headers of connections.
fn typed(workspace: &Workspace) -> Vec<String> {
    let profiles = workspace.connections.iter().map(|setup| Profile::read(&setup.profile));
    profiles.flat_map(|profile| profile.typed_secrets()).collect()
}

/// Takes them out of a text.
pub(super) fn mask(mask: &Mask, text: &mut String) {
    if let Some(mask) = mask {
        (mask.take)(text);
    }
}
