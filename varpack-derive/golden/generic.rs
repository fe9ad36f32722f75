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
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Mmap<MmapArray<T, D>, 0>
    for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
{
    type Field = MmapArray<T, D>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Mmap<MmapArray<T, D>, 1>
    for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
{
    type Field = MmapArray<T, D>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Value<Vec<K>, 2>
    for Generic<'a, T, D, K, N>
where
    T: Copy,
    Vec<K>: ::varpack::field::ValueField,
{
    type Field = Vec<K>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Saved<K, 4> for Generic<'a, T, D, K, N>
where
    T: Copy,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
{
    type Field = K;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Value<[u8; N], 5>
    for Generic<'a, T, D, K, N>
where
    T: Copy,
    [u8; N]: ::varpack::field::ValueField,
{
    type Field = [u8; N];
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::of::Value<u64, 6>
    for Generic<'a, T, D, K, N>
where
    T: Copy,
{
    type Field = u64;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::SaveFields for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
    Vec<K>: ::varpack::field::ValueField,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
    [u8; N]: ::varpack::field::ValueField,
{
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        <Self as ::varpack::field::of::Mmap<_, 0>>::mmap(__varpack_writer.field("a"), &self.a)?;
        <Self as ::varpack::field::of::Mmap<_, 1>>::mmap(__varpack_writer.field("b"), &self.b)?;
        <Self as ::varpack::field::of::Value<_, 2>>::separate(
            __varpack_writer.field("c"),
            &self.c,
        )?;
        <Self as ::varpack::field::of::Saved<_, 4>>::value(
            __varpack_writer
                .field("e")
                .skip_load(<K as ::varpack::field::DefaultField>::default_field),
            &self.e,
        )?;
        <Self as ::varpack::field::of::Value<_, 5>>::value(__varpack_writer.field("f"), &self.f)?;
        <Self as ::varpack::field::of::Value<_, 6>>::value(__varpack_writer.field("g"), &self.g)?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::SaveFlatten for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
    Vec<K>: ::varpack::field::ValueField,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
    [u8; N]: ::varpack::field::ValueField,
{
    fn write_flat<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        ::varpack::SaveFields::write_fields(self, __varpack_writer)
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::PackFields for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
    Vec<K>: ::varpack::field::ValueField,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
    [u8; N]: ::varpack::field::ValueField,
{
    fn read_fields(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            a: <Self as ::varpack::field::of::Mmap<_, 0>>::read(__varpack_reader.field("a"))?,
            b: <Self as ::varpack::field::of::Mmap<_, 1>>::read(__varpack_reader.field("b"))?,
            c: <Self as ::varpack::field::of::Value<_, 2>>::read(__varpack_reader.field("c"))?,
            d: <Option<&'a str> as ::varpack::field::DefaultField>::default_field(),
            e: __varpack_reader
                .field("e")
                .default(<K as ::varpack::field::DefaultField>::default_field)
                .skip_load()?,
            f: <Self as ::varpack::field::of::Value<_, 5>>::read(__varpack_reader.field("f"))?,
            g: <Self as ::varpack::field::of::Value<_, 6>>::read(__varpack_reader.field("g"))?,
        })
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T, D, K: Ord, const N: usize> ::varpack::field::FlattenField for Generic<'a, T, D, K, N>
where
    T: Copy,
    MmapArray<T, D>: ::varpack::field::MmapField,
    Vec<K>: ::varpack::field::ValueField,
    K: ::varpack::field::SaveValue,
    K: ::core::default::Default,
    [u8; N]: ::varpack::field::ValueField,
{
    fn read_flat(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::varpack::PackFields::read_fields(__varpack_reader)
    }
}
