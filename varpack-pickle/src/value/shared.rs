//! A node that many values may refer to, dropped without recursion.

use crate::value::kinds::Value;
use std::ops::Deref;
use std::sync::Arc;

/// What a [`Shared`] may hold: something with values inside.
///
/// ```
/// use varpack_pickle::{Children, Shared, Value};
///
/// fn shared<T: Children>(contents: T) -> Shared<T> {
///     contents.into()
/// }
/// let items = shared(vec![Value::None]); // of a list, tuple or set
/// let entries = shared(vec![(Value::from("key"), Value::None)]); // of a dict
/// assert_eq!((items.len(), entries.len()), (1, 1));
/// ```
pub trait Children: sealed::Children {}

pub(crate) mod sealed {
    use crate::Value;

    /// Hands out the values inside.
    pub trait Children: Default {
        /// Moves every value out.
        fn take_children(&mut self, out: &mut Vec<Value>);
    }
}

/// The contents of a container or object. Cloning it makes another reference to the same, as
/// assignment in Python does; a pickle keeps references to one object references to one object.
///
/// Dropping the last reference takes no stack, however deep the values are nested.
///
/// ```
/// use varpack_pickle::{Shared, Value};
///
/// let list = Shared::new(vec![Value::Int(1), Value::None]);
/// let same = list.clone();
/// assert!(list.ptr_eq(&same));
/// assert_eq!(list.len(), 2);
/// ```
pub struct Shared<T: Children>(Arc<SharedContents<T>>);

struct SharedContents<T: Children>(T);

impl<T: Children> Shared<T> {
    /// Contents that nothing else refers to.
    ///
    /// ```
    /// use varpack_pickle::{Shared, Value};
    ///
    /// assert!(Shared::new(vec![Value::None])[0].is_none());
    /// ```
    pub fn new(contents: T) -> Self {
        Self(Arc::new(SharedContents(contents)))
    }

    /// Whether both refer to the same contents, not just to equal ones.
    ///
    /// ```
    /// use varpack_pickle::{Shared, Value};
    ///
    /// let (one, other) = (Shared::new(vec![Value::None]), Shared::new(vec![Value::None]));
    /// assert!(one.ptr_eq(&one.clone()) && !one.ptr_eq(&other));
    /// ```
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The contents to change. If there are other references, they keep what they have: this one
    /// gets a copy first, whose own children are shared with them.
    ///
    /// ```
    /// use varpack_pickle::{Shared, Value};
    ///
    /// let mut list = Shared::new(vec![Value::None]);
    /// let before = list.clone();
    /// list.make_mut().push(Value::Int(1));
    /// assert_eq!((list.len(), before.len()), (2, 1));
    /// ```
    pub fn make_mut(&mut self) -> &mut T
    where
        T: Clone,
    {
        &mut Arc::make_mut(&mut self.0).0
    }

    /// The address, to recognise the contents again while they are alive.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// How many references there are.
    pub(crate) fn references(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// The contents, if this is the last reference.
    pub(super) fn into_last(self) -> Option<T> {
        Arc::into_inner(self.0).map(|mut contents| std::mem::take(&mut contents.0))
    }
}

impl<T: Children> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Children + Clone> Clone for SharedContents<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Children> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.0
    }
}

impl<T: Children> From<T> for Shared<T> {
    fn from(contents: T) -> Self {
        Self::new(contents)
    }
}

impl<T: Children> Drop for SharedContents<T> {
    fn drop(&mut self) {
        let mut doomed = Vec::new();
        self.0.take_children(&mut doomed);
        // A child whose last reference is here gives up its own children before it is dropped, so
        // that no drop has anything left to recurse into.
        while let Some(value) = doomed.pop() {
            value.take_children(&mut doomed);
        }
    }
}

impl Children for Vec<Value> {}

impl sealed::Children for Vec<Value> {
    fn take_children(&mut self, out: &mut Vec<Value>) {
        out.extend(self.drain(..).filter(Value::has_children));
    }
}

impl Children for Vec<(Value, Value)> {}

impl sealed::Children for Vec<(Value, Value)> {
    fn take_children(&mut self, out: &mut Vec<Value>) {
        let values = self.drain(..).flat_map(|(key, value)| [key, value]);
        out.extend(values.filter(Value::has_children));
    }
}
