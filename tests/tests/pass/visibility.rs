mod inner {
    use varpack::{MmapArray1, Varpack};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Private;

    #[derive(Varpack)]
    struct PrivateLayer<T> {
        #[varpack(mmap)]
        weights: MmapArray1<T>,
    }

    #[derive(Varpack)]
    pub struct Public<T> {
        secret: Private,
        #[varpack(nested)]
        layer: PrivateLayer<T>,
        pub open: u64,
        pub(crate) within: u64,
        pub(super) above: u64,
    }

    #[derive(Varpack)]
    pub(crate) struct Crate {
        x: u64,
    }

    #[derive(Varpack)]
    pub(super) struct Path {
        x: u64,
    }
}

fn main() {}
