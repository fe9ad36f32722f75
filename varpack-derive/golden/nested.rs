#[derive(Varpack)]
struct Layer<T> {
    #[varpack(mmap)]
    weights: MmapArray2<T>,
    #[varpack(skip)]
    cache: Vec<u8>,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::of::Mmap<MmapArray2<T>, 0> for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    type Field = MmapArray2<T>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::SaveFields for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        <Self as ::varpack::field::of::Mmap<_, 0>>::mmap(
            __varpack_writer.field("weights"),
            &self.weights,
        )?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::SaveFlatten for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
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
impl<T> ::varpack::field::SaveNested for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    const HAS_ARRAYS: ::core::primitive::bool = true;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::PackFields for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    fn read_fields(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            weights: <Self as ::varpack::field::of::Mmap<_, 0>>::read(
                __varpack_reader.field("weights"),
            )?,
            cache: <Vec<u8> as ::varpack::field::DefaultField>::default_field(),
        })
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::FlattenField for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    fn read_flat(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::varpack::PackFields::read_fields(__varpack_reader)
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::NestedField for Layer<T> where MmapArray2<T>: ::varpack::field::MmapField {}
