//! What a caller can say of a load and of a save.

mod load;
mod save;

pub use load::LoadOptions;
pub use save::SaveOptions;
