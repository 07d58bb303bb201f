//! On Windows: a locked file. The folder for temporary files is the user's own there.

use std::fs::{self, File};

use super::Refusal;

/// A reservation.
pub type Held = File;

/// Reserves a port; none where another run of this user has it.
pub fn reserve(port: u16) -> Result<Option<Held>, Refusal> {
    let folder = std::env::temp_dir().join("sockscope-ports");
    let opened = fs::create_dir_all(&folder)
        .and_then(|()| File::options().create(true).append(true).open(folder.join(port.to_string())));
    let file = opened.map_err(|error| (folder.display().to_string(), error))?;
    Ok(file.try_lock().is_ok().then_some(file))
}
