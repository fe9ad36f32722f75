#[derive(Varpack)]
struct Layer<T> {
    #[varpack(mmap)]
    weights: MmapArray2<T>,
    #[varpack(skip)]
    cache: Vec<u8>,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::PackFields for Layer<T>
where
    MmapArray2<T>: ::varpack::field::MmapField,
{
    fn write_fields<'pack>(
        &'pack self,
        writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        writer.field("weights").mmap(&self.weights)?;
        ::core::result::Result::Ok(())
    }

    fn read_fields(reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            weights: reader.field("weights").mmap()?,
            cache: ::core::default::Default::default(),
        })
    }
}

#[automatically_derived]
impl<T> ::varpack::field::NestedField for Layer<T> where
    MmapArray2<T>: ::varpack::field::MmapField
{
}
