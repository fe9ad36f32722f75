#[derive(Varpack)]
struct Generic<'a, T, D, K: Ord, const N: usize>
where
    T: Copy,
{
    #[varpack(mmap)]
    a: MmapArray<T, D>,
    #[varpack(mmap)]
    b: MmapArray<T, D>,
    #[varpack(separate)]
    c: Vec<K>,
    #[varpack(skip)]
    d: Option<&'a str>,
    #[varpack(skip_load)]
    e: K,
    f: [u8; N],
    g: u64,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::PackFields for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
    Vec<K>: ::varpack::field::SaveValue,
    Vec<K>: ::varpack::field::LoadValue,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
    [u8; N]: ::varpack::field::SaveValue,
    [u8; N]: ::varpack::field::LoadValue,
{
    fn write_fields<'pack>(
        &'pack self,
        writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        writer.field("a").mmap(&self.a)?;
        writer.field("b").mmap(&self.b)?;
        writer.field("c").separate(&self.c)?;
        writer.field("e").skip_load(::core::default::Default::default).value(&self.e)?;
        writer.field("f").value(&self.f)?;
        writer.field("g").value(&self.g)?;
        ::core::result::Result::Ok(())
    }

    fn read_fields(reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            a: reader.field("a").mmap()?,
            b: reader.field("b").mmap()?,
            c: reader.field("c").separate()?,
            d: ::core::default::Default::default(),
            e: reader.field("e").default(::core::default::Default::default).skip_load()?,
            f: reader.field("f").value()?,
            g: reader.field("g").value()?,
        })
    }
}
