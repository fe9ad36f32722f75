//! Whether a NumPy dtype in a pickle has metadata (`numpy.dtype("f8", metadata={"unit": "m"})`), which a
//! [`Dtype`](crate::npy::Dtype) has no place for. A typed read looks through it; a value keeps the whole object.

use crate::Result;
use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeData, ObjectData};
use crate::budget::Meter;
use crate::format::calls::Known;
use crate::python::kind::Kind;
use std::collections::HashSet;

/// Bytes of a part of a dtype that is looked at.
const PART: usize = 2 * size_of::<(NodeId, Item<'_>)>();

impl<'d> Arena<'d> {
    /// Whether a dtype has metadata, or the one of an array or a scalar, or of a field of it.
    ///
    /// # Errors
    /// `Limit` if the dtypes of the pickle expand beyond all proportion.
    pub(crate) fn is_annotated(&'d self, item: Item<'d>, meter: &Meter) -> Result<bool> {
        let dtype = match self.kind(item) {
            Kind::Dtype => Some(item),
            kind => self.dtype_of(&kind),
        };
        let Some(Item::Node(dtype)) = dtype else { return Ok(false) };
        let NodeData::Object(dtype) = self.node(dtype) else { return Ok(false) };
        let dtype = self.object(*dtype);
        if self.callable(dtype).is_none_or(|it| it.known != Known::Dtype) {
            return Ok(false);
        }
        if self.has_metadata(dtype) {
            return Ok(true);
        }
        for part in [Some(dtype.args), dtype.state].into_iter().flatten() {
            if self.is_part_annotated(part, meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same of the arguments or the state of a dtype, which others may have too.
    fn is_part_annotated(&'d self, part: Item<'d>, meter: &Meter) -> Result<bool> {
        let Item::Node(id) = part else { return Ok(false) };
        self.facts.is_annotated(id, || {
            let is_annotated = self.look_for_metadata(id, meter)?;
            meter.charge(PART)?;
            Ok(is_annotated)
        })
    }

    /// The dtype of an array or scalar, where its call has it.
    pub(crate) fn dtype_of(&'d self, kind: &Kind<'d>) -> Option<Item<'d>> {
        match kind {
            Kind::Scalar(object) => self.args(object).first().copied(),
            // The order and the data follow: `array` in numpy.rs.
            Kind::Array(ObjectData { state: Some(state), .. }) => {
                self.tuple(*state)?.iter().nth_back(2).copied()
            }
            Kind::Array(object) => self.args(object).get(1).copied(),
            _ => None,
        }
    }

    fn look_for_metadata(&'d self, part: NodeId, meter: &Meter) -> Result<bool> {
        // Tuples, lists and dicts lead from a dtype to its parts; each is looked at once.
        let mut seen: HashSet<NodeId> = HashSet::new();
        let mut left = vec![Item::Node(part)];
        while let Some(item) = left.pop() {
            let Item::Node(id) = item else { continue };
            match self.node(id) {
                NodeData::Tuple(run) | NodeData::List(run) | NodeData::Dict(run)
                    if seen.insert(id) =>
                {
                    meter.charge_each(run.len(), PART)?;
                    left.extend(self.items(*run));
                }
                NodeData::Object(object) => {
                    let object = self.object(*object);
                    let is_dtype = self.callable(object).is_some_and(|it| it.known == Known::Dtype);
                    if !is_dtype || !seen.insert(id) {
                        continue;
                    }
                    if self.has_metadata(object) {
                        return Ok(true);
                    }
                    left.extend([Some(object.args), object.state].into_iter().flatten());
                }
                _ => {}
            }
        }
        Ok(false)
    }

    /// The ninth part of a dtype's state: a dict, or of a datetime64 a pair of one and the unit of time
    /// (`arraydescr_reduce` in numpy's descriptor.c).
    fn has_metadata(&'d self, dtype: &ObjectData<'d>) -> bool {
        let state = dtype.state.and_then(|state| self.tuple(state));
        let Some(&metadata) = state.and_then(|state| state.get(8)) else { return false };
        let metadata = match self.tuple(metadata) {
            Some([metadata, _]) => *metadata,
            _ => metadata,
        };
        match self.kind(metadata) {
            Kind::None => false,
            Kind::Dict(run) => run.len() > 0,
            _ => true,
        }
    }
}
