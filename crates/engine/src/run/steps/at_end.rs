//! Something that is done at the end of a block, however that comes: also when the step is broken off.

/// Does it when dropped.
pub(super) struct AtEnd<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
