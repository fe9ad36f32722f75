//! What a load hands to a flattened field: the variables of its group, or the dictionary that `nested` would have made of
//! it.

use super::{FieldReader, FlatScope, NO_DEFAULT, PackReader, Place, Scope};
use crate::field::writer::{EMPTY_PREFIX, PackWriter};
use crate::field::{FlattenField, NestedField};
use crate::folder::content::{Variable, item_path};
use crate::folder::group::{Group, GroupField, NamedKeys, entry_field};
use crate::folder::load::found::Found;
use crate::folder::report::LoadAction;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of an entry beside its fields: its names, its group's, its lines in the report and in what is remembered.
const ENTRY: usize = 1024;

fn flat<'p>(group: &Arc<Group>, own: Option<Place<'p>>) -> Scope<'p> {
    Scope::Folder(Some(FlatScope { group: Arc::clone(group), own }))
}

/// What a flattened list, map or option asks.
impl<'p> PackReader<'p> {
    /// What the folder has under the field's own name.
    pub(crate) fn own(&self) -> Option<Node<'p>> {
        match &self.scope {
            Scope::Folder(flat) => Some(flat.as_ref()?.own.as_ref()?.node),
            Scope::Dict(place) => Some(place.node),
        }
    }

    /// The items of a list that is in a pickle, as `nested` would have it.
    pub(crate) fn nested_items(&self) -> Option<impl Iterator<Item = Node<'p>> + use<'p>> {
        match &self.scope {
            Scope::Folder(_) => None,
            Scope::Dict(place) => place.node.items(),
        }
    }

    /// The entries of a map that is in a pickle.
    pub(crate) fn nested_entries(
        &self,
    ) -> Option<impl Iterator<Item = (Node<'p>, Node<'p>)> + use<'p>> {
        match &self.scope {
            Scope::Folder(_) => None,
            Scope::Dict(place) => place.node.entries(),
        }
    }

    /// Whether the folder has any variable below the field.
    pub(crate) fn has_below(&self) -> bool {
        self.group().is_some_and(|group| self.has_below_of(group))
    }

    fn has_below_of(&self, group: &Group) -> bool {
        group.prefixes.iter().any(|prefix| self.context.below(prefix).next().is_some())
    }

    /// What the names of the folder's variables go on with below the field.
    pub(crate) fn named_keys(&self) -> NamedKeys {
        let below = |prefix| self.context.below(prefix);
        self.group().map_or_else(NamedKeys::default, |group| NamedKeys::of_group(group, below))
    }

    /// Counts entries of a list that have no variable.
    pub(crate) fn expect_hollow(&self, count: usize) -> Result<()> {
        self.context.flattened.add_hollow(count).map_err(|error| self.locate(error))
    }

    /// Counts what an entry takes of memory, however few bytes of the folder say that there is one. `is_shared`: whether it may be
    /// made any number of times of what is in a pickle once.
    fn take_entry<F>(&self, key: &str, is_shared: bool) -> Result<()> {
        let (budget, len) =
            (self.context.snapshot.budget(), ENTRY.saturating_add(key.len()) as u64);
        let beside = if is_shared { budget.expand(len) } else { budget.take(len) };
        let taken = beside.and_then(|()| budget.take(size_of::<F>() as u64));
        taken.map_err(|error| self.locate(error))
    }

    /// An entry whose fields are variables of their own.
    pub(crate) fn entry<F: FlattenField>(&mut self, key: &str) -> Result<F> {
        self.take_entry::<F>(key, false)?;
        let field = entry_field(key);
        let of = GroupField { name: key, aliases: &[], prefix: None, field: &field };
        let group = self.group_of(&of)?;
        match self.skips(&group) {
            true => {
                self.skip_group(&group, F::absent(), "an entry of a list or map cannot be skipped")
            }
            false => self.read_group(group),
        }
    }

    /// Whether the folder has no variable of a flattened field, whose default value tells what those are called.
    fn has_nothing_of<F: FlattenField>(&self, default: &F, group: &Arc<Group>) -> Result<bool> {
        let mut prefixes = group.prefixes.iter().filter(|prefix| !prefix.is_empty());
        let variables = PackWriter::collect_group(default, group)?;
        let names = variables.iter().flat_map(Variable::names);
        Ok(prefixes.all(|prefix| self.context.below(prefix).next().is_none())
            && self.context.find(names).is_none())
    }

    fn skips(&self, group: &Group) -> bool {
        group.names.iter().any(|name| self.context.options.skip.contains(name))
    }

    /// The value of a flattened field that the caller skips. `why_not`: why it cannot be, if it has none.
    fn skip_group<F: FlattenField>(
        &self,
        group: &Arc<Group>,
        value: Option<F>,
        why_not: &str,
    ) -> Result<F> {
        let Some(value) = value else {
            return Err(Error::msg(ErrorKind::Usage, why_not)
                .with_variable(group.name())
                .with_path(self.context.folder.dir().path()));
        };
        let names = group.names.iter().map(String::as_str);
        let below = group.prefixes.iter().filter(|prefix| !prefix.is_empty());
        let below = below.flat_map(|prefix| self.context.below(prefix));
        let mut names: BTreeSet<String> = names.chain(below).map(str::to_owned).collect();
        // Its own, where no prefix tells them.
        let variables = PackWriter::collect_group(&value, group)?;
        names.extend(variables.iter().flat_map(Variable::names).map(str::to_owned));
        let mut report = self.context.report.borrow_mut();
        for name in &names {
            if let Some((name, entry)) = self.ask(&[name]) {
                report.unread(name, entry, LoadAction::Skipped);
            }
        }
        drop((report, variables));
        Ok(value)
    }

    /// One that stands in a pickle.
    pub(crate) fn item<F: FlattenField>(&mut self, key: &str, node: Node<'p>) -> Result<F> {
        let Scope::Dict(Place { entry, path, file, .. }) = &self.scope else {
            return Err(self.unexpected("entries"));
        };
        let place = Place { entry, path: item_path(path, key), file, node };
        self.take_entry::<F>(&place.path, true)?;
        self.read_place(place)
    }

    /// The error for what the folder has under the field's own name.
    pub(crate) fn unexpected(&self, expected: &str) -> Error {
        let found = self.own().map_or("nothing".into(), Node::describe);
        self.locate(Error::new(ErrorKind::Value).with_expected(expected).with_found(found))
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        let folder = self.context.folder.dir().path();
        let place = match &self.scope {
            Scope::Folder(flat) => flat.as_ref().and_then(|flat| flat.own.as_ref()),
            Scope::Dict(place) => Some(place),
        };
        match (place, self.group()) {
            (Some(place), _) => error.with_variable(&place.path).with_path(folder.join(place.file)),
            (None, Some(group)) => error.with_variable(group.name()).with_path(folder),
            (None, None) => error.with_path(folder),
        }
    }

    /// Older names count as far as the folder has any.
    fn group_of(&self, of: &GroupField<'_>) -> Result<Arc<Group>> {
        Group::new(self.group(), of, |prefix| self.context.below(prefix).next().is_some())
            .map_err(|error| error.with_path(self.context.folder.dir().path()))
    }

    /// The fields of a group: from the dictionary that `nested` would have made of it, if the folder has that, else from
    /// variables of their own.
    fn read_group<F: FlattenField>(&mut self, group: Arc<Group>) -> Result<F> {
        self.context.flattened.descend(|| self.read_group_here(group))
    }

    fn read_group_here<F: FlattenField>(&self, group: Arc<Group>) -> Result<F> {
        let (context, asked) = (self.context, self.asked);
        let names: Vec<&str> = group.names.iter().map(String::as_str).collect();
        let found = self.ask(&names).filter(|(_, entry)| !entry.is_array());
        let Some((name, entry)) = found else {
            return F::read_flat(&mut PackReader { context, asked, scope: flat(&group, None) });
        };
        context.with_found(name, entry, None, true, |found| {
            let Found { entry, path, file, node, .. } = found;
            let own = node.map(|node| Place { entry, path, file, node });
            match own {
                Some(place) if F::is_nested(place.node) => {
                    PackReader { context, asked, scope: Scope::Folder(None) }.read_place(place)
                }
                own => {
                    let value =
                        F::read_flat(&mut PackReader { context, asked, scope: flat(&group, own) })?;
                    if F::HAS_ENTRIES {
                        let mut report = context.report.borrow_mut();
                        report.value(name, file, None, node, Some(entry));
                    }
                    Ok(value)
                }
            }
        })
    }

    /// The fields of what stands in a pickle as `nested` would have it.
    fn read_place<'n, F: FlattenField>(&self, place: Place<'n>) -> Result<F>
    where
        'p: 'n,
    {
        let is_nested = F::is_nested(place.node);
        let mut reader =
            PackReader { context: self.context, asked: self.asked, scope: Scope::Dict(place) };
        if !is_nested {
            return Err(reader.unexpected("a nested struct (a dict), or a list or map of such"));
        }
        let flattened = &self.context.flattened;
        let read = flattened.descend(|| F::read_flat(&mut reader));
        read.map_err(|error| reader.locate(error))
    }
}

impl<T> FieldReader<'_, '_, T> {
    /// A struct that derives `Varpack`, or a list or map of such, whose fields are variables of this folder:
    /// `flatten`. Where the folder has a dictionary in their place, as [`nested`](Self::nested) saves it, they are read
    /// from that. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// - [`Value`](ErrorKind::Value) if what tells how many entries there are does not, or one of a list is missing.
    /// - [`Limit`](ErrorKind::Limit) over 128 levels of it.
    /// - [`Usage`](ErrorKind::Usage) if a list, map or option has no [`prefix`](Self::prefix).
    /// - As for [`mmap`](Self::mmap), and those of its fields.
    pub fn flatten(self) -> Result<T>
    where
        T: FlattenField,
    {
        if let Scope::Dict(Place { entry, path, file, node }) = &self.reader.scope {
            let mut names = [self.name].into_iter().chain(self.aliases.iter().copied());
            let found = names.find_map(|name| Some((name, node.get(name)?)));
            let Some((name, node)) = found else {
                let value = self.default.map(|default| default()).or_else(T::absent);
                return value.ok_or_else(|| self.missing());
            };
            let place = Place { entry, path: item_path(path, name), file, node };
            return self.reader.read_place(place);
        }
        let of = GroupField {
            name: self.name,
            aliases: &self.aliases,
            prefix: self.prefix,
            field: self.field.unwrap_or(self.name),
        };
        let group = self.reader.group_of(&of)?;
        let located = |message| {
            Error::msg(ErrorKind::Usage, message)
                .with_variable(group.name())
                .with_path(self.reader.context.folder.dir().path())
        };
        if T::HAS_ENTRIES && self.prefix == Some("") {
            return Err(located(EMPTY_PREFIX));
        }
        if self.reader.skips(&group) {
            let value = self.default.map(|default| default()).or_else(T::absent);
            return self.reader.skip_group(&group, value, NO_DEFAULT);
        }
        let found_before = self.reader.asked.borrow().found;
        let read = self.reader.read_group(Arc::clone(&group));
        let may_be_nothing = match &read {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::MissingVariable,
        };
        if let Some(default) = self.default
            && may_be_nothing
            && self.reader.asked.borrow().found == found_before
        {
            let value = default();
            if self.reader.has_nothing_of(&value, &group)? {
                return Ok(value);
            }
        }
        read
    }

    /// What `flatten` has made of a nested struct, if the folder has that in its place, and the caller does not skip it.
    pub(super) fn flattened(&self) -> Result<Option<Arc<Group>>> {
        let Scope::Folder(_) = self.reader.scope else { return Ok(None) };
        let names = self.names()?;
        let context = self.reader.context;
        let is_skipped = names.iter().any(|name| context.options.skip.contains(name.as_ref()));
        if is_skipped || context.find(names.iter().map(AsRef::as_ref)).is_some() {
            return Ok(None);
        }
        let of = GroupField {
            name: self.name,
            aliases: &self.aliases,
            prefix: None,
            field: self.field.unwrap_or(self.name),
        };
        let group = self.reader.group_of(&of)?;
        let has_some = self.reader.has_below_of(&group);
        self.reader.asked.borrow_mut().known.extend(group.names.iter().cloned());
        Ok(Some(group).filter(|_| has_some))
    }

    /// A nested struct, of the variables that `flatten` has made of it.
    pub(super) fn read_flattened(self, group: &Arc<Group>) -> Result<T>
    where
        T: NestedField,
    {
        let PackReader { context, asked, .. } = *self.reader;
        let found_before = asked.borrow().found;
        let read = T::read_fields(&mut PackReader { context, asked, scope: flat(group, None) });
        let has_nothing = |error: &Error| {
            error.kind() == ErrorKind::MissingVariable && asked.borrow().found == found_before
        };
        match (read, self.default) {
            (Err(error), Some(default)) if has_nothing(&error) => Ok(default()),
            (read, _) => read,
        }
    }
}
