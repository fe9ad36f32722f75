//! The examples of the README and of pages in `docs/`, run as doctests. (Those of the attributes are part of the documentation
//! of the derive.)

#[doc = include_str!("../../README.md")]
struct Readme;

#[doc = include_str!("../../docs/moving-from-serde.md")]
struct MovingFromSerde;

#[doc = include_str!("../../docs/moving-from-python.md")]
struct MovingFromPython;

#[doc = include_str!("../../docs/evolution.md")]
struct Evolution;
/// What a parameter of a struct stands for is known where it is saved:
///
/// ```
/// # use varpack::{MmapArray1, Varpack};
/// #[derive(Varpack)]
/// struct Holds<T> {
///     #[varpack(nested)]
///     inner: T,
/// }
///
/// #[derive(Varpack)]
/// struct Inner {
///     #[varpack(mmap)]
///     x: MmapArray1<f32>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// Holds { inner: Inner { x: vec![1.0].into() } }.save(folder.path())?;
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// A map of arrays would have no files of its own there:
///
/// ```compile_fail,E0080
/// # use std::collections::BTreeMap;
/// # use varpack::{MmapArray1, Varpack};
/// #[derive(Varpack)]
/// struct Holds<T> {
///     #[varpack(nested)]
///     inner: T,
/// }
///
/// #[derive(Varpack)]
/// struct Inner {
///     #[varpack(mmap)]
///     x: BTreeMap<String, MmapArray1<f32>>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// Holds { inner: Inner { x: BTreeMap::new() } }.save(folder.path())?;
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// These options are for maps:
///
/// ```
/// # use std::collections::BTreeMap;
/// # use varpack::{MmapArray1, Varpack};
/// #[derive(Varpack)]
/// struct Mapped<T> {
///     #[varpack(mmap(min_len = 5))]
///     x: T,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// let x: MmapArray1<f32> = vec![1.0].into();
/// Mapped { x: BTreeMap::from([("a".to_owned(), x)]) }.save(folder.path())?;
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// ```compile_fail,E0080
/// # use varpack::{MmapArray1, Varpack};
/// #[derive(Varpack)]
/// struct Mapped<T> {
///     #[varpack(mmap(min_len = 5))]
///     x: T,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// let x: MmapArray1<f32> = vec![1.0].into();
/// Mapped { x }.save(folder.path())?;
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// ```compile_fail,E0080
/// # use varpack::{MmapArray1, Varpack};
/// #[derive(Varpack)]
/// struct Mapped<T> {
///     #[varpack(mmap(int_keys))]
///     x: T,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// let x: MmapArray1<f32> = vec![1.0].into();
/// Mapped { x }.save(folder.path())?;
/// # Ok::<(), varpack::Error>(())
/// ```
struct OptionsOfParameters;
