#[derive(Varpack)]
#[varpack(save_only)]
struct Checkpoint<'a, T> {
    step: u64,
    #[varpack(mmap, alias = "weights")]
    w: BTreeMap<&'a str, ArrayView2<'a, f32>>,
    #[varpack(npy)]
    x: &'a [T],
    #[varpack(nested)]
    model: &'a Model,
    #[varpack(flatten)]
    layers: Vec<Layer<'a>>,
    #[varpack(separate)]
    notes: &'a Notes,
    #[varpack(skip)]
    log: &'a Log,
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::Saved<u64, 0> for Checkpoint<'a, T> {
    type Field = u64;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::SavedMmap<BTreeMap<&'a str, ArrayView2<'a, f32>>, 1>
    for Checkpoint<'a, T>
{
    type Field = BTreeMap<&'a str, ArrayView2<'a, f32>>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::SavedNpy<&'a [T], 2> for Checkpoint<'a, T>
where
    &'a [T]: ::varpack::field::SaveItem,
{
    type Field = &'a [T];
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::SavedNested<&'a Model, 3> for Checkpoint<'a, T> {
    type Field = &'a Model;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::SavedFlatten<Vec<Layer<'a>>, 4> for Checkpoint<'a, T> {
    type Field = Vec<Layer<'a>>;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::of::Saved<&'a Notes, 5> for Checkpoint<'a, T> {
    type Field = &'a Notes;
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::SaveFields for Checkpoint<'a, T>
where
    &'a [T]: ::varpack::field::SaveItem,
{
    fn write_fields<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        #[allow(deprecated, unused_qualifications)]
        const {
            use ::varpack::field::of as __varpack_of;
            __varpack_of::check_nested(<Self as ::varpack::field::of::SavedNested<&'a Model, 3>>::NEEDS_FLATTEN)
        }
        <Self as ::varpack::field::of::Saved<_, 0>>::value(
            __varpack_writer.field("step"),
            &self.step,
        )?;
        <Self as ::varpack::field::of::SavedMmap<_, 1>>::mmap(
            __varpack_writer.field("w").alias("weights"),
            &self.w,
        )?;
        <Self as ::varpack::field::of::SavedNpy<_, 2>>::npy(__varpack_writer.field("x"), &self.x)?;
        <Self as ::varpack::field::of::SavedNested<_, 3>>::nested(
            __varpack_writer.field("model"),
            &self.model,
        )?;
        <Self as ::varpack::field::of::SavedFlatten<_, 4>>::flatten(
            __varpack_writer.field("layers"),
            &self.layers,
        )?;
        <Self as ::varpack::field::of::Saved<_, 5>>::separate(
            __varpack_writer.field("notes"),
            &self.notes,
        )?;
        ::core::result::Result::Ok(())
    }
}

#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T> ::varpack::field::SaveFlatten for Checkpoint<'a, T>
where
    &'a [T]: ::varpack::field::SaveItem,
{
    fn write_flat<'pack>(
        &'pack self,
        __varpack_writer: &mut ::varpack::PackWriter<'pack>,
    ) -> ::varpack::Result<()> {
        ::varpack::SaveFields::write_fields(self, __varpack_writer)
    }
}
