//! Errors among those of the standard library: what is beneath them, and what they are as an `io::Error`.
#![allow(clippy::unwrap_used)]

use std::error::Error as _;
use std::io;
use varpack::{Error, ErrorKind, MmapArray1, Varpack};

#[derive(Debug, Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

fn read(folder: &std::path::Path) -> io::Result<f64> {
    Ok(Run::load(folder)?.x.sum())
}

#[test]
fn source_of_a_failed_load_is_the_systems_error() {
    let parent = tempfile::tempdir().unwrap();
    let error = Run::load(parent.path().join("none")).unwrap_err();
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    assert_eq!(source.raw_os_error(), error.os_error().unwrap().raw_os_error());
}

#[test]
fn error_without_a_cause_has_no_source() {
    assert!(Error::new(ErrorKind::Shape).source().is_none());
}

#[test]
fn error_becomes_an_io_error_of_the_systems_kind_and_keeps_its_text() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("none");
    let error = read(&folder).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(error.to_string(), Run::load(&folder).unwrap_err().to_string());
    let denied = Error::io("cannot open", "x.npy", io::ErrorKind::PermissionDenied.into());
    assert_eq!(io::Error::from(denied).kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn error_becomes_an_io_error_of_the_nearest_kind_where_the_system_had_none() {
    for (kind, expected) in [
        (ErrorKind::MissingVariable, io::ErrorKind::NotFound),
        (ErrorKind::Exists, io::ErrorKind::AlreadyExists),
        (ErrorKind::ReadOnly, io::ErrorKind::PermissionDenied),
        (ErrorKind::Busy, io::ErrorKind::ResourceBusy),
        (ErrorKind::Usage, io::ErrorKind::InvalidInput),
        (ErrorKind::Dtype, io::ErrorKind::InvalidData),
        (ErrorKind::Stale, io::ErrorKind::Other),
        (ErrorKind::Cancelled, io::ErrorKind::Other),
    ] {
        let error = io::Error::from(Error::new(kind).with_variable("x"));
        assert_eq!(error.kind(), expected, "{kind:?}");
        let inner = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!((inner.kind(), inner.variable()), (kind, Some("x")));
    }
}
