//! Of whichever dtype the file has it is already, also where an alias hides it.
use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::{AnyArray, MmapArray1, Varpack};

type Any = AnyArray;
type Tensors = BTreeMap<String, Arc<AnyArray>>;
type Typed = Option<Vec<MmapArray1<f32>>>;

#[derive(Varpack)]
struct Model {
    #[varpack(mmap(cast))]
    x: Any,
    #[varpack(mmap(cast = "lossy"))]
    tensors: Tensors,
    #[varpack(mmap(cast))]
    typed: Typed,
}

fn main() {}
