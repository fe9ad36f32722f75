#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    #[varpack(skip_load)]
    notes: String,
    step: u64,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::PackFields for Run {
    fn write_fields<'pack>(
        &'pack self,
        writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        writer.field("images").mmap(&self.images)?;
        writer.field("split").mmap(&self.split)?;
        writer.field("history").separate(&self.history)?;
        writer.field("notes").skip_load(::core::default::Default::default).value(&self.notes)?;
        writer.field("step").value(&self.step)?;
        ::core::result::Result::Ok(())
    }

    fn read_fields(reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            images: reader.field("images").mmap()?,
            split: reader.field("split").mmap()?,
            history: reader.field("history").separate()?,
            notes: reader.field("notes").default(::core::default::Default::default).skip_load()?,
            step: reader.field("step").value()?,
        })
    }
}
