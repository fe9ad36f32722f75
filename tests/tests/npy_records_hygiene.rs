//! `#[derive(NpyElement)]` where no name of the prelude is there, and ours are taken.
#![no_implicit_prelude]

mod taken {
    #[allow(dead_code)]
    pub(crate) struct Vec;
    #[allow(dead_code)]
    pub(crate) struct Option;
    #[allow(dead_code)]
    pub(crate) mod varpack {}
    #[allow(dead_code)]
    pub(crate) mod core {}
    #[allow(dead_code)]
    pub(crate) mod std {}

    #[derive(::varpack::NpyElement, ::std::clone::Clone, ::std::marker::Copy)]
    #[repr(C)]
    pub(crate) struct Field {
        pub(crate) dtype: u32,
        pub(crate) record: [u8; 3],
        #[varpack(padding)]
        pub(crate) padding: [u8; 1],
    }
}

#[test]
fn a_record_needs_no_name_in_scope() {
    let dtype = <taken::Field as ::varpack::npy::Element>::dtype();
    ::std::assert_eq!(dtype.itemsize(), 8);
}
