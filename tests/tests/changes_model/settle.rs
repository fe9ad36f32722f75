//! What a save that was made leaves in memory: "what was saved counts as saved".

use super::folder::Folder;
use super::item::Item;
use super::memory::{Held, Holder, InPlace, Sight, SightId, Sights};
use super::predict::{Fate, Prediction};

/// Settles a save after which the folder is as it is `now`, and was as it was `before`.
pub(crate) fn settle(
    sights: &mut Sights,
    holder: &mut Holder,
    prediction: &Prediction,
    before: &Folder,
    now: &Folder,
) {
    let is_written = now.is_written_since(before);
    let next = prediction.base.map(|base| {
        let mut sight = sights.successor(base, is_written);
        for (&item, &fate) in &prediction.fates {
            note(&mut sight, holder, now, item, fate);
        }
        sights.add(sight)
    });
    for (&item, &fate) in &prediction.fates {
        if let Some(held) = holder.items.get_mut(&item) {
            settle_array(held, item, fate, now);
            hand_on(sights, held, item, prediction.base, next, fate);
        }
    }
    if holder.own.is_some() {
        holder.own = next;
    }
}

/// What is known of an item from now on. Of one that was kept it is what was known before.
fn note(sight: &mut Sight, holder: &Holder, now: &Folder, item: Item, fate: Fate) {
    match fate {
        Fate::Kept => return,
        Fate::Pruned => {}
        Fate::Same | Fate::Written | Fate::Agreed => {
            sight.mine.insert(item, holder.token(item));
            sight.skipped.remove(item.field());
            // A struct in a nested one is one item.
            if let Item::Epoch = item {
                sight.seen.insert(Item::Moments, now.of(Item::Moments).clone());
            }
        }
    }
    sight.seen.insert(item, now.of(item).clone());
}

/// An array that the folder has is its file's.
fn settle_array(held: &mut Held, item: Item, fate: Fate, now: &Folder) {
    if !item.has_file() || matches!(fate, Fate::Kept | Fate::Pruned) || held.token.is_none() {
        return;
    }
    let stamp = &now.of(item).stamp;
    if held.stamp != *stamp {
        held.stamp.clone_from(stamp);
        held.file.clone_from(stamp);
        if held.in_place == InPlace::Yes {
            held.in_place = InPlace::Either;
        }
    }
}

/// Which load an array comes with from now on.
fn hand_on(
    sights: &Sights,
    held: &mut Held,
    item: Item,
    base: Option<SightId>,
    next: Option<SightId>,
    fate: Fate,
) {
    let Some(next) = next.filter(|_| item.is_array() && held.token.is_some()) else { return };
    let is_here = item.has_file() && held.stamp == sights.get(next).seen(item).stamp;
    if held.sight.is_none()
        || held.sight == base
        || is_here
        || item.has_file() && fate == Fate::Written
    {
        held.sight = Some(next);
    }
}
