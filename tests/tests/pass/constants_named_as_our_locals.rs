#![allow(non_upper_case_globals, non_camel_case_types)]

// A pattern that is named as a constant in scope means the constant: no local of ours may be named as one.
macro_rules! constants {
    ($($name:ident)*) => { $(pub const $name: u8 = 0;)* };
}

macro_rules! statics {
    ($($name:ident)*) => { $(pub static $name: u8 = 0;)* };
}

macro_rules! unit_structs {
    ($($name:ident)*) => { $(pub struct $name;)* };
}

macro_rules! derived {
    () => {
        use super::names::*;

        #[derive(varpack::Varpack)]
        struct Run {
            #[varpack(mmap)]
            weights: varpack::MmapArray1<f32>,
            #[varpack(mmap(min_len = 10, int_keys), default, alias = "w")]
            map: std::collections::BTreeMap<u32, varpack::MmapArray1<f32>>,
            #[varpack(npy)]
            losses: std::vec::Vec<f64>,
            #[varpack(separate, skip_load)]
            notes: std::string::String,
            #[varpack(nested)]
            model: Model,
            #[varpack(skip_save)]
            seed: u64,
            #[varpack(skip)]
            cache: u64,
            #[varpack(default = "one")]
            step: u64,
        }

        #[derive(varpack::Varpack)]
        struct Model {
            step: u64,
        }

        #[derive(varpack::Varpack)]
        struct Empty {}

        fn one() -> u64 {
            1
        }

        #[derive(varpack::NpyElement, std::clone::Clone, std::marker::Copy)]
        #[repr(C)]
        struct Epoch {
            step: u32,
            loss: f32,
            #[varpack(padding)]
            rest: [u8; 4],
        }
    };
}

macro_rules! cases {
    ($($name:ident)*) => {
        mod of_constants {
            pub mod names {
                constants!($($name)*);
            }
            mod derived {
                derived!();
            }
        }

        mod of_statics {
            pub mod names {
                statics!($($name)*);
            }
            mod derived {
                derived!();
            }
        }

        mod of_unit_structs {
            pub mod names {
                unit_structs!($($name)*);
            }
            mod derived {
                derived!();
            }
        }
    };
}

cases! {
    writer reader _writer _reader record field fields value values name names pack default rule
    a b c d e f g i n k v w r s t x y array map key item node found context error result step
    weights losses notes model seed cache loss rest dtype layout member offset size end fault
}

// A parameter of the struct as well.
#[derive(varpack::Varpack)]
struct Sized<const writer: usize, const reader: usize> {
    #[varpack(npy)]
    losses: std::vec::Vec<f64>,
}

fn main() {}
