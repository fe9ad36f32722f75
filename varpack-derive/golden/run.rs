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
impl ::varpack::field::of::Mmap<MmapArray3<u8>, 0> for Run {
    type Field = MmapArray3<u8>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::of::Mmap<BTreeMap<String, MmapArray2<f32>>, 1> for Run {
    type Field = BTreeMap<String, MmapArray2<f32>>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::of::Value<Vec<Epoch>, 2> for Run {
    type Field = Vec<Epoch>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::of::Saved<String, 3> for Run {
    type Field = String;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::of::Value<u64, 4> for Run {
    type Field = u64;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::SaveFields for Run {
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        <Self as ::varpack::field::of::Mmap<_, 0>>::mmap(
            __varpack_writer.field("images"),
            &self.images,
        )?;
        <Self as ::varpack::field::of::Mmap<_, 1>>::mmap(
            __varpack_writer.field("split"),
            &self.split,
        )?;
        <Self as ::varpack::field::of::Value<_, 2>>::separate(
            __varpack_writer.field("history"),
            &self.history,
        )?;
        <Self as ::varpack::field::of::Saved<_, 3>>::value(
            __varpack_writer
                .field("notes")
                .skip_load(<String as ::varpack::field::DefaultField>::default_field),
            &self.notes,
        )?;
        <Self as ::varpack::field::of::Value<_, 4>>::value(
            __varpack_writer.field("step"),
            &self.step,
        )?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::SaveFlatten for Run {
    fn write_flat<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        ::varpack::SaveFields::write_fields(self, __varpack_writer)
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::PackFields for Run {
    fn read_fields(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            images: <Self as ::varpack::field::of::Mmap<_, 0>>::read(
                __varpack_reader.field("images"),
            )?,
            split: <Self as ::varpack::field::of::Mmap<_, 1>>::read(
                __varpack_reader.field("split"),
            )?,
            history: <Self as ::varpack::field::of::Value<_, 2>>::read(
                __varpack_reader.field("history"),
            )?,
            notes: __varpack_reader
                .field("notes")
                .default(<String as ::varpack::field::DefaultField>::default_field)
                .skip_load()?,
            step: <Self as ::varpack::field::of::Value<_, 4>>::read(
                __varpack_reader.field("step"),
            )?,
        })
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::varpack::field::FlattenField for Run {
    fn read_flat(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::varpack::PackFields::read_fields(__varpack_reader)
    }
}
