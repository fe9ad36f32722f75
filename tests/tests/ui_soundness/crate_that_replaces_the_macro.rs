#![forbid(unsafe_code)]

use varpack::{MmapArray1, NpyElement};

mod fake {
    pub mod npy {
        pub mod record {
            pub use crate::nothing as implement;
            pub use varpack::npy::record::*;
        }
    }
}

#[macro_export]
macro_rules! nothing {
    ($($anything:tt)*) => {};
}

#[derive(NpyElement, Clone, Copy)]
#[varpack(crate = "crate::fake")]
#[repr(C)]
struct Switch {
    on: u8,
}

fn main() {
    let _ = MmapArray1::from(vec![Switch { on: 1 }]);
}
