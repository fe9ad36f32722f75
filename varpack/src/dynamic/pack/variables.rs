//! [`Pack`] as a collection of its variables.

use super::Pack;
use crate::Result;
use crate::dynamic::value::PackValue;
use serde::Serialize;

impl Pack {
    /// The number of variables that are held. See [`iter`](Self::iter) for an example.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether no variable is held.
    ///
    /// ```
    /// assert!(varpack::Pack::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// Whether a variable of that name is held. One that was skipped on load is not.
    ///
    /// ```
    /// # use varpack::Pack;
    /// let mut pack = Pack::new();
    /// pack.insert_value("step", &7)?;
    /// assert!(pack.contains("step") && !pack.contains("stop"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The variables that are held, each with its name, in the folder's order, new ones last.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// let mut pack = Pack::new();
    /// pack.insert_value("step", &7)?;
    /// pack.insert("loss", PackValue::try_from(ndarray::array![0.5, 0.25])?)?;
    /// let arrays = pack.iter().filter(|(_, value)| value.as_array().is_some());
    /// assert_eq!(arrays.map(|(name, _)| name).collect::<Vec<_>>(), ["loss"]);
    /// assert_eq!(pack.len(), 2);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PackValue)> {
        self.variables.iter().map(|held| (held.name.as_str(), &held.value))
    }

    /// Sets a variable to anything that serde can serialize. Gives back what it replaces.
    /// [`value`](Self::value) is the way back.
    ///
    /// # Errors
    /// As of [`insert`](Self::insert) and [`PackValue::serialize`].
    ///
    /// ```
    /// # use varpack::Pack;
    /// let mut pack = Pack::new();
    /// pack.insert_value("rates", &vec![0.5, 0.25])?;
    /// assert_eq!(pack.value::<Vec<f64>>("rates")?, [0.5, 0.25]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn insert_value<T: Serialize + ?Sized>(
        &mut self,
        name: impl Into<String>,
        value: &T,
    ) -> Result<Option<PackValue>> {
        self.insert(name, PackValue::serialize(value)?)
    }
}
