//! What a pickle refers to again and again: field names, classes, dtypes. Each is written once and
//! fetched from the memo after that.

use crate::Result;
use crate::format::calls::{Build, Known, PLACEHOLDER};
use crate::format::opcode as op;
use crate::npy::Dtype;
use crate::record_place::record_place;
use crate::write::names::Constant;
use crate::write::writer::Writer;

impl Writer {
    /// Writes the stand-in for an array in the file of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if no value can stand here.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.placeholder("images.npy")?;
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, Value::Placeholder("images.npy".into()));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn placeholder(&mut self, filename: &str) -> Result<()> {
        self.start_value()?;
        self.guarded(|writer| writer.write_placeholder(filename))?;
        self.end_value();
        Ok(())
    }

    /// Writes a string that may come again.
    #[inline]
    pub(crate) fn name(&mut self, name: &'static str) -> Result<()> {
        match self.names.get(name) {
            Some(index) => self.out.get(index),
            None => {
                self.out.str(name)?;
                let index = self.out.memoize()?;
                self.names.insert(name, index);
            }
        }
        Ok(())
    }

    /// Writes a class or function. Returns its index in the memo.
    pub(crate) fn global(&mut self, module: &str, name: &str) -> Result<u32> {
        self.placeholders += usize::from(Known::of(module, name) == Known::Placeholder);
        let constant = Constant::Global(module.to_owned(), name.to_owned());
        if let Some(index) = self.constants.get(&constant) {
            self.out.get(*index);
            return Ok(*index);
        }
        self.out.str(module)?;
        self.out.str(name)?;
        self.out.op(op::STACK_GLOBAL);
        let index = self.out.memoize()?;
        self.constants.insert(constant, index);
        Ok(index)
    }

    /// Writes a dtype, which is an object of its own in Python. Returns its index in the memo.
    pub(crate) fn dtype(&mut self, dtype: &Dtype) -> Result<u32> {
        let place = record_place(dtype);
        if let Some((index, _)) = place.and_then(|place| self.records.get(&place)) {
            self.out.get(*index);
            return Ok(*index);
        }
        let constant = Constant::Dtype(dtype.clone());
        let index = match self.constants.get(&constant) {
            Some(&index) => {
                self.out.get(index);
                index
            }
            None => {
                crate::write::emit_numpy::dtype(self, dtype)?;
                let index = self.out.memoize()?;
                self.constants.insert(constant, index);
                index
            }
        };
        if let Some(place) = place {
            self.records.insert(place, (index, dtype.clone()));
        }
        Ok(index)
    }

    /// Writes a `bytearray`, which protocol 4 has no opcode for.
    pub(crate) fn byte_array(&mut self, bytes: &[u8]) -> Result<()> {
        self.global("builtins", "bytearray")?;
        self.out.bytes(bytes)?;
        self.out.op(op::TUPLE1);
        self.out.op(op::REDUCE);
        Ok(())
    }

    pub(crate) fn write_placeholder(&mut self, filename: &str) -> Result<()> {
        self.last_placeholder = Some(self.out.len());
        self.global(PLACEHOLDER.0, PLACEHOLDER.1)?;
        self.out.op(op::EMPTY_TUPLE);
        self.build_op(Build::New);
        self.out.op(op::EMPTY_DICT);
        self.name("filename")?;
        self.out.str(filename)?;
        self.out.op(op::SETITEM);
        self.out.op(op::BUILD);
        Ok(())
    }

    pub(super) fn build_op(&mut self, build: Build) {
        self.out.op(match build {
            Build::Reduce => op::REDUCE,
            Build::New => op::NEWOBJ,
            Build::NewEx => op::NEWOBJ_EX,
            Build::Instance => op::OBJ,
        });
    }
}
