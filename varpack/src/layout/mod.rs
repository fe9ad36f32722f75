//! What a folder is made of, as bytes and names: its own files, the names that variables and their files may have,
//! and the manifest. Nothing here touches a file.

pub(crate) mod manifest;
pub(crate) mod name;
pub(crate) mod named;
pub(crate) mod own;
