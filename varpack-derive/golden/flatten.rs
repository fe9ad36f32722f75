#[derive(Varpack)]
struct Tree<T> {
    #[varpack(flatten)]
    leaf: T,
    #[varpack(flatten(prefix = "b_"), rename = "below", alias = "under", default)]
    branches: Vec<Tree<T>>,
    #[varpack(flatten(prefix = ""), skip_save)]
    size: Size,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::of::Flatten<T, 0> for Tree<T>
where
    T: ::varpack::field::FlattenField,
{
    type Field = T;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::of::Flatten<Vec<Tree<T>>, 1> for Tree<T>
where
    T: ::varpack::field::FlattenField,
    Vec<Tree<T>>: ::core::default::Default,
{
    type Field = Vec<Tree<T>>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::of::Flatten<Size, 2> for Tree<T> {
    type Field = Size;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::SaveFields for Tree<T>
where
    T: ::varpack::field::FlattenField,
    Vec<Tree<T>>: ::core::default::Default,
{
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        #[allow(deprecated, unused_qualifications)]
        const {
            use ::varpack::field::of as __varpack_of;
            __varpack_of::check_empty_prefix(<Self as ::varpack::field::of::Flatten<Size, 2>>::HAS_ENTRIES)
        }
        <Self as ::varpack::field::of::Flatten<_, 0>>::flatten(
            __varpack_writer.field("leaf"),
            &self.leaf,
        )?;
        <Self as ::varpack::field::of::Flatten<_, 1>>::flatten(
            __varpack_writer.field("below").of_field("branches").alias("under").prefix("b_"),
            &self.branches,
        )?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::SaveFlatten for Tree<T>
where
    T: ::varpack::field::FlattenField,
    Vec<Tree<T>>: ::core::default::Default,
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
impl<T> ::varpack::PackFields for Tree<T>
where
    T: ::varpack::field::FlattenField,
    Vec<Tree<T>>: ::core::default::Default,
{
    fn read_fields(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::core::result::Result::Ok(Self {
            leaf: <Self as ::varpack::field::of::Flatten<_, 0>>::read(
                __varpack_reader.field("leaf"),
            )?,
            branches: <Self as ::varpack::field::of::Flatten<_, 1>>::read(
                __varpack_reader
                    .field("below")
                    .of_field("branches")
                    .alias("under")
                    .prefix("b_")
                    .default(<Vec<Tree<T>> as ::varpack::field::DefaultField>::default_field),
            )?,
            size: <Self as ::varpack::field::of::Flatten<_, 2>>::read(
                __varpack_reader
                    .field("size")
                    .prefix("")
                    .default(<Size as ::varpack::field::DefaultField>::default_field),
            )?,
        })
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::varpack::field::FlattenField for Tree<T>
where
    T: ::varpack::field::FlattenField,
    Vec<Tree<T>>: ::core::default::Default,
{
    fn read_flat(__varpack_reader: &mut ::varpack::PackReader<'_>) -> ::varpack::Result<Self> {
        ::varpack::PackFields::read_fields(__varpack_reader)
    }
}
