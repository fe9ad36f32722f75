//! What the model's folder holds: its variables, and the items of its dictionaries.

use Item::{
    Bias, Epoch, History, Kernel, Layer, Mask, Moments, Notes, Rate, Scale, Seed, Step, Weights,
};

/// The least that a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Weights,
    /// `None` is a folder without it.
    Mask,
    /// An item of the map `layers`.
    Layer(&'static str),
    Step,
    Rate,
    /// In a pickle of its own.
    History,
    /// `skip_load` in the type that has all fields.
    Notes,
    /// In the nested `model`, as all that follow.
    Kernel,
    Bias,
    Scale,
    Seed,
    /// In the struct `optimizer` nested in it, as the next.
    Epoch,
    /// Its arrays stay in the pickle.
    Moments,
}

pub(crate) const ALL: [Item; 15] = [
    Weights,
    Mask,
    Layer("a"),
    Layer("b"),
    Layer("c"),
    Step,
    Rate,
    History,
    Notes,
    Kernel,
    Bias,
    Scale,
    Seed,
    Epoch,
    Moments,
];

impl Item {
    /// What a save judges by itself: a variable, or an item of a dictionary. A struct in a nested struct is one item.
    pub(crate) fn units() -> Vec<Vec<Self>> {
        let (inner, outer): (Vec<_>, Vec<_>) =
            ALL.into_iter().partition(|item| matches!(item, Epoch | Moments));
        outer.into_iter().map(|item| vec![item]).chain([inner]).collect()
    }

    /// The field that it is in.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Layer(_) => "layers",
            Kernel | Bias | Scale | Seed | Epoch | Moments => "model",
            Weights => "weights",
            Mask => "mask",
            Step => "step",
            Rate => "rate",
            History => "history",
            Notes => "notes",
        }
    }

    /// All items of its field.
    pub(crate) fn of_field(self) -> impl Iterator<Item = Self> {
        ALL.into_iter().filter(move |other| other.field() == self.field())
    }

    /// Its present name, as a variable or within its dictionary, and an older one.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Weights => &["weights"],
            Mask => &["mask", "old_mask"],
            Layer("a") => &["a"],
            Layer("b") => &["b"],
            Layer(_) => &["c"],
            Step => &["step"],
            Rate => &["rate", "lr"],
            History => &["history"],
            Notes => &["notes"],
            Kernel => &["kernel"],
            Bias => &["bias", "offset"],
            Scale => &["scale", "factor"],
            Seed => &["seed"],
            Epoch => &["epoch"],
            Moments => &["moments"],
        }
    }

    /// Whether an error that names this variable speaks of the item.
    pub(crate) fn is_called(self, variable: &str) -> bool {
        let is_within = |name: &str| match self {
            Epoch | Moments => variable == "model[optimizer]",
            _ => variable == format!("{}[{name}]", self.field()),
        };
        match self.field() {
            "layers" | "model" => self.names().iter().any(|name| is_within(name)),
            _ => self.names().contains(&variable),
        }
    }

    /// Whether it is a variable of its own, and not in a dictionary.
    pub(crate) fn is_variable(self) -> bool {
        self.field() == self.names()[0]
    }

    pub(crate) fn is_array(self) -> bool {
        matches!(self, Weights | Mask | Layer(_) | Kernel | Bias | Moments)
    }

    /// Whether it is an array in a file of its own.
    pub(crate) fn has_file(self) -> bool {
        self.is_array() && self != Moments
    }

    /// The file that it has under a name.
    pub(crate) fn file(self, name: &str) -> Option<String> {
        match self {
            History => Some("history.pickle".to_owned()),
            _ if !self.has_file() => None,
            _ if self.is_variable() => Some(format!("{name}.npy")),
            _ => Some(format!("{}-{name}.npy", self.field())),
        }
    }

    pub(crate) fn may_be_none(self) -> bool {
        matches!(self, Mask | Layer(_) | Bias | Seed | Moments)
    }
}
