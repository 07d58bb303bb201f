//! Takes secrets out of what is shown without being asked for.
//!
//! Owns nothing while there is no secret, so that what knows their forms is not part of the first download.

use std::borrow::Cow;
use std::rc::Rc;

use crate::engine::base::mask::Masker;
use crate::wire::bench::Workspace;

/// Takes them out of a text; none while there are none.
pub(super) type Mask = Option<Rc<dyn Fn(&mut String)>>;

/// Of the secrets of a set-up as they are now.
pub(super) fn of(workspace: &Workspace) -> Mask {
    workspace.secrets().next()?;
    let masker = Masker::new(workspace.secrets().map(|it| it.value.as_str()));
    Some(Rc::new(move |text| {
        if let Cow::Owned(masked) = masker.mask(text) {
            *text = masked;
        }
    }))
}

/// Takes them out of a text.
pub(super) fn mask(mask: &Mask, text: &mut String) {
    if let Some(mask) = mask {
        mask(text);
    }
}
