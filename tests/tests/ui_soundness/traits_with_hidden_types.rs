#![forbid(unsafe_code)]

use bytemuck::{Pod, Zeroable};
use varpack::field::{MapKey, MmapField, SaveItem, SaveKey, SaveMmap};
use varpack::npy::{Resolution, TimeUnit, Unit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(C)]
struct Mine;

impl MapKey for Mine {
    fn to_text(&self) -> std::borrow::Cow<'_, str> {
        todo!()
    }

    fn key(&self) -> varpack::folder::content::Key<'_> {
        todo!()
    }

    fn read(_: varpack::pickle::Node<'_>) -> varpack::Result<Self> {
        todo!()
    }

    fn from_text(_: &str) -> Option<Self> {
        todo!()
    }
}

impl SaveMmap for Mine {
    fn content(&self) -> varpack::folder::content::Content<'_> {
        todo!()
    }
}

impl SaveItem for Mine {
    fn content(&self) -> varpack::folder::content::Content<'_> {
        todo!()
    }
}

impl SaveKey for &Mine {
    fn saved_key(&self) -> varpack::folder::content::Key<'_> {
        todo!()
    }
}

impl MmapField for Mine {
    fn read(_: varpack::folder::load::found::Found<'_>) -> varpack::Result<Self> {
        todo!()
    }
}

impl Resolution for Mine {
    const UNIT: TimeUnit = TimeUnit { count: 1, base: Unit::Second };
}

fn main() {}
