#[derive(Varpack)]
#[varpack(crate = "vp", rename_all = "camelCase")]
struct Everything {
    #[varpack(mmap, skip_load, rename = "Old", alias = "older", alias = "oldest")]
    a: MmapArray2<f32>,
    #[varpack(mmap(min_len = 10_000, int_keys))]
    b_map: HashMap<i64, MmapArray1<f32>>,
    #[varpack(npy, default)]
    c: Array2<f64>,
    #[varpack(nested)]
    d: Inner,
    #[varpack(default = "seven")]
    e: u64,
    #[varpack(skip, default = "seven")]
    f: u64,
    #[varpack(skip)]
    g: u64,
    #[varpack(skip_save)]
    h: String,
    r#type: String,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Mmap<MmapArray2<f32>, 0> for Everything {
    type Field = MmapArray2<f32>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Mmap<HashMap<i64, MmapArray1<f32>>, 1> for Everything {
    type Field = HashMap<i64, MmapArray1<f32>>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Npy<Array2<f64>, 2> for Everything {
    type Field = Array2<f64>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Nested<Inner, 3> for Everything {
    type Field = Inner;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Value<u64, 4> for Everything {
    type Field = u64;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Loaded<String, 7> for Everything {
    type Field = String;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::of::Value<String, 8> for Everything {
    type Field = String;
}

#[allow(deprecated, unused_qualifications)]
const _: () = {
    use vp::field::of as __varpack_of;
    __varpack_of::check_min_len(<Everything as vp::field::of::Mmap<_, 1>>::KEYS, true)
};

#[allow(deprecated, unused_qualifications)]
const _: () = {
    use vp::field::of as __varpack_of;
    __varpack_of::check_int_keys(<Everything as vp::field::of::Mmap<_, 1>>::KEYS)
};

#[allow(deprecated, unused_qualifications)]
const _: () = {
    use vp::field::of as __varpack_of;
    __varpack_of::check_nested(<Everything as vp::field::of::Nested<_, 3>>::NEEDS_FLATTEN)
};

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::SaveFields for Everything {
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut vp::PackWriter<'pack>,
    ) -> vp::Result<()> {
        <Self as vp::field::of::Mmap<_, 0>>::mmap(
            __varpack_writer
                .field("Old")
                .of_field("a")
                .alias("older")
                .alias("oldest")
                .skip_load(<MmapArray2<f32> as vp::field::DefaultField>::default_field),
            &self.a,
        )?;
        <Self as vp::field::of::Mmap<_, 1>>::mmap(
            __varpack_writer.field("bMap").of_field("b_map").min_len(10_000).int_keys(),
            &self.b_map,
        )?;
        <Self as vp::field::of::Npy<_, 2>>::npy(__varpack_writer.field("c"), &self.c)?;
        <Self as vp::field::of::Nested<_, 3>>::nested(__varpack_writer.field("d"), &self.d)?;
        <Self as vp::field::of::Value<_, 4>>::value(__varpack_writer.field("e"), &self.e)?;
        <Self as vp::field::of::Value<_, 8>>::value(__varpack_writer.field("type"), &self.r#type)?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::SaveFlatten for Everything {
    fn write_flat<'pack>(
        &'pack self,
        __varpack_writer: &mut vp::PackWriter<'pack>,
    ) -> vp::Result<()> {
        vp::SaveFields::write_fields(self, __varpack_writer)
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::PackFields for Everything {
    fn read_fields(__varpack_reader: &mut vp::PackReader<'_>) -> vp::Result<Self> {
        ::core::result::Result::Ok(Self {
            a: __varpack_reader
                .field("Old")
                .of_field("a")
                .alias("older")
                .alias("oldest")
                .default(<MmapArray2<f32> as vp::field::DefaultField>::default_field)
                .skip_load()?,
            b_map: <Self as vp::field::of::Mmap<_, 1>>::read(
                __varpack_reader.field("bMap").of_field("b_map"),
            )?,
            c: <Self as vp::field::of::Npy<_, 2>>::read(
                __varpack_reader
                    .field("c")
                    .default(<Array2<f64> as vp::field::DefaultField>::default_field),
            )?,
            d: <Self as vp::field::of::Nested<_, 3>>::read(__varpack_reader.field("d"))?,
            e: <Self as vp::field::of::Value<_, 4>>::read(
                __varpack_reader.field::<u64>("e").default(seven),
            )?,
            f: seven(),
            g: <u64 as vp::field::DefaultField>::default_field(),
            h: <Self as vp::field::of::Loaded<_, 7>>::read(
                __varpack_reader
                    .field("h")
                    .default(<String as vp::field::DefaultField>::default_field),
            )?,
            r#type: <Self as vp::field::of::Value<_, 8>>::read(__varpack_reader.field("type"))?,
        })
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl vp::field::FlattenField for Everything {
    fn read_flat(__varpack_reader: &mut vp::PackReader<'_>) -> vp::Result<Self> {
        vp::PackFields::read_fields(__varpack_reader)
    }
}
