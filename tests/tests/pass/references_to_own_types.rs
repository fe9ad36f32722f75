use serde::{Deserialize, Deserializer, Serialize};
use std::option::Option;
use std::result::Result::{self, Ok};
use std::string::String;
use std::vec::Vec;
use varpack::Varpack;

#[derive(Serialize)]
struct Label(u8);

static CAT: Label = Label(0);
static DOG: Label = Label(1);

// Of a type that is looked up by what is saved of it.
impl<'de> Deserialize<'de> for &'static Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(if u8::deserialize(deserializer)? == 0 { &CAT } else { &DOG })
    }
}

#[derive(Varpack)]
struct Run {
    best: Option<&'static Label>,
    #[varpack(separate)]
    all: Vec<(String, &'static Label)>,
    // It is never loaded.
    #[varpack(skip_load)]
    named: Vec<&'static str>,
}

fn main() {}
