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
impl vp::PackFields for Everything {
    fn write_fields<'pack>(&'pack self, writer: &mut vp::PackWriter<'pack>) -> vp::Result<()> {
        writer
            .field("Old")
            .alias("older")
            .alias("oldest")
            .skip_load(::core::default::Default::default)
            .mmap(&self.a)?;
        writer.field("bMap").min_len(10_000).int_keys().mmap(&self.b_map)?;
        writer.field("c").npy(&self.c)?;
        writer.field("d").nested(&self.d)?;
        writer.field("e").value(&self.e)?;
        writer.field("type").value(&self.r#type)?;
        ::core::result::Result::Ok(())
    }

    fn read_fields(reader: &mut vp::PackReader<'_>) -> vp::Result<Self> {
        ::core::result::Result::Ok(Self {
            a: reader
                .field("Old")
                .alias("older")
                .alias("oldest")
                .default(::core::default::Default::default)
                .skip_load()?,
            b_map: reader.field("bMap").mmap()?,
            c: reader.field("c").default(::core::default::Default::default).npy()?,
            d: reader.field("d").nested()?,
            e: reader.field::<u64>("e").default(seven).value()?,
            f: seven(),
            g: ::core::default::Default::default(),
            h: reader.field("h").default(::core::default::Default::default).value()?,
            r#type: reader.field("type").value()?,
        })
    }
}
