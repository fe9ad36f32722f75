//! Of two loads of a folder, which one a struct is of: by the values that they have seen differently.

use super::{Alike, Mine, MyItems, Part, Sight};
use crate::Result;
use crate::folder::content::{Content, ContentKind, Key, Variable};
use crate::folder::item_names::{key_fingerprints, names};
use crate::pickle::internal::Fingerprint;

/// Whose values a field has, where two loads have seen different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Own,
    Other,
    /// They do not differ, or it was changed since. What an array is it knows itself.
    Neither,
}

impl Whose {
    /// One value of one's own is enough.
    pub(crate) fn and(self, next: Self) -> Self {
        match (self, next) {
            (Self::Own, _) | (_, Self::Own) => Self::Own,
            (Self::Other, _) | (_, Self::Other) => Self::Other,
            (Self::Neither, Self::Neither) => Self::Neither,
        }
    }
}

impl Sight {
    /// Whether a field is as it was at this load, or at another one. Of what was skipped nothing is known.
    pub(crate) fn whose(&self, other: &Self, variable: &Variable<'_>) -> Result<Whose> {
        if self.is_skipped(variable) || other.is_skipped(variable) {
            return Ok(Whose::Neither);
        }
        let part = |sight: &'_ Self| variable.names().find_map(|name| sight.part(name).cloned());
        let mine = [self.mine(&variable.name), other.mine(&variable.name)];
        match (part(self), part(other)) {
            (Some(Part::Dict { items: one, .. }), Some(Part::Dict { items: another, .. })) => {
                let ContentKind::Dict(items, _) = &variable.content.0 else {
                    return if one == another { Ok(Whose::Neither) } else { whose(variable, mine) };
                };
                let within = mine.map(|mine| match mine {
                    Some(Mine::Dict(items)) => Some(&**items),
                    _ => None,
                });
                whose_items(items, within, |key, own| {
                    let [one, another] = [&one, &another]
                        .map(|items| names(key, own).find_map(|name| items.get(&name)));
                    // An array in a file is none of the struct's values.
                    one == another || [one, another].iter().flatten().any(|it| it.file().is_some())
                })
            }
            (Some(Part::Whole { value: one, .. }), Some(Part::Whole { value: another, .. }))
                if one == another =>
            {
                Ok(Whose::Neither)
            }
            (None, None)
            | (Some(Part::Array { .. } | Part::Unseen), _)
            | (_, Some(Part::Array { .. } | Part::Unseen)) => Ok(Whose::Neither),
            _ => whose(variable, mine),
        }
    }
}

fn whose(variable: &Variable<'_>, mine: [Option<&Mine>; 2]) -> Result<Whose> {
    whose_content(&variable.content, mine)
}

/// `mine`: what it was at the two loads.
fn whose_content(content: &Content<'_>, [own, other]: [Option<&Mine>; 2]) -> Result<Whose> {
    if let (ContentKind::Dict(items, _), Some(Mine::Dict(own)), Some(Mine::Dict(other))) =
        (&content.0, own, other)
    {
        return whose_items(items, [Some(own), Some(other)], |_, key| {
            own.items.get(&key) == other.items.get(&key)
        });
    }
    let is = |mine: Option<&Mine>| mine.map_or(Ok(false), |it| it.is_still(content, Alike::Equal));
    Ok(if is(own)? {
        Whose::Own
    } else if is(other)? {
        Whose::Other
    } else {
        Whose::Neither
    })
}

/// Of all items but those of which nothing tells, by their keys. Nor does an array, in a pickle either: whoever puts one
/// there means it.
fn whose_items(
    items: &[(Key<'_>, Content<'_>)],
    mine: [Option<&MyItems>; 2],
    tells_nothing: impl Fn(&Key<'_>, Fingerprint) -> bool,
) -> Result<Whose> {
    let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
    items.iter().zip(keys).try_fold(Whose::Neither, |found, ((key, content), own)| {
        if matches!(content.0, ContentKind::Array(_)) || tells_nothing(key, own) {
            return Ok(found);
        }
        let mine = mine.map(|items| items.and_then(|items| items.items.get(&own)));
        Ok(found.and(whose_content(content, mine)?))
    })
}
