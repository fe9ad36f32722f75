//! Of two loads of a folder, which one a struct is of: by the values that they have seen differently.

use super::{Alike, Mine, Part, Sight};
use crate::Result;
use crate::folder::content::{Content, Kind, Variable};
use crate::folder::item_names::{key_fingerprints, names};

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
                let Kind::Dict(items, _) = &variable.content.0 else {
                    return if one == another { Ok(Whose::Neither) } else { whose(variable, mine) };
                };
                let within = mine.map(|mine| match mine {
                    Some(Mine::Dict(items)) => Some(items),
                    _ => None,
                });
                let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
                items.iter().zip(keys).try_fold(Whose::Neither, |found, ((key, content), own)| {
                    let [one, another] = [&one, &another]
                        .map(|items| names(key, own).find_map(|name| items.get(&name)));
                    // Nor in a pickle: whoever puts an array there means it.
                    let is_array = matches!(content.0, Kind::Array(_))
                        || [one, another].iter().flatten().any(|it| it.file().is_some());
                    if one == another || is_array {
                        return Ok(found);
                    }
                    let mine = within.map(|items| items.and_then(|items| items.items.get(&own)));
                    Ok(found.and(whose_content(content, mine)?))
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
fn whose_content(content: &Content<'_>, mine: [Option<&Mine>; 2]) -> Result<Whose> {
    let [own, other] = mine;
    if let (Kind::Dict(items, _), Some(Mine::Dict(own)), Some(Mine::Dict(other))) =
        (&content.0, own, other)
    {
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        return items.iter().zip(keys).try_fold(Whose::Neither, |found, ((_, content), key)| {
            let [own, other] = [own, other].map(|all| all.items.get(&key));
            let is_array = matches!(content.0, Kind::Array(_));
            Ok(match own == other || is_array {
                true => found,
                false => found.and(whose_content(content, [own, other])?),
            })
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
