//! The access control list of a file: what users and groups may do beside its owner, its group and all others.

use std::sync::Arc;

/// The bytes of the kernel's list, `struct posix_acl_xattr_header` and `posix_acl_xattr_entry` of
/// `linux/posix_acl_xattr.h`: a version of four bytes, then entries of a tag and permissions (two bytes each) and a
/// number (four), all little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acl(Arc<[u8]>);

/// `ACL_GROUP_OBJ`: the file's group.
const GROUP: u16 = 0x04;

/// `ACL_OTHER`.
const OTHER: u16 = 0x20;

const VERSION_LEN: usize = 4;
const ENTRY_LEN: usize = 8;

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no other system has such lists"))]
impl Acl {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What both the group and all others may do.
    pub(crate) fn both(&self) -> u16 {
        let entries = self.0.get(VERSION_LEN..).unwrap_or_default().chunks_exact(ENTRY_LEN);
        entries.filter_map(of_both).fold(0o7, |both, permissions| both & permissions)
    }

    /// The list for a file of another group, of which [both](Self::both) are to have the same.
    pub(crate) fn of_another_group(&self) -> Self {
        let both = self.both().to_le_bytes();
        let mut bytes = self.0.to_vec();
        for entry in bytes.get_mut(VERSION_LEN..).unwrap_or_default().chunks_exact_mut(ENTRY_LEN) {
            if of_both(entry).is_some()
                && let Some(permissions) = entry.get_mut(2..4)
            {
                permissions.copy_from_slice(&both);
            }
        }
        Self::new(bytes)
    }
}

/// The permissions of an entry, if it is that of the group or of all others.
fn of_both(entry: &[u8]) -> Option<u16> {
    let &[tag_low, tag_high, low, high, ..] = entry else { return None };
    let is_of_both = [GROUP, OTHER].contains(&u16::from_le_bytes([tag_low, tag_high]));
    is_of_both.then(|| u16::from_le_bytes([low, high]))
}
