//! The pinned Python environments are what they say, and report what goes wrong in them.

use std::time::{Duration, Instant};
use varpack_tests::python::{self, NO_ARGS, Python};

#[test]
fn both_generations_of_numpy_are_what_they_say() {
    for python in Python::both() {
        let version = python.run("import numpy; print(numpy.__version__)", NO_ARGS);
        match python.name() {
            "numpy1" => assert_eq!(version.trim(), "1.26.4"),
            _ => assert!(version.starts_with("2."), "{version}"),
        }
    }
}

#[test]
fn script_sees_its_arguments_and_our_modules() {
    let Some(python) = Python::numpy2() else { return };
    let script =
        "import sys, varpack; print(sys.argv[1:], varpack.NumpyArrayPlaceholder.__module__)";
    assert_eq!(python.run(script, ["ä b", ""]).trim(), "['ä b', ''] varpack");
}

#[test]
#[should_panic(expected = "ValueError: the reason")]
fn failing_script_is_reported_with_its_standard_error() {
    let Some(python) = Python::numpy2() else { panic!("ValueError: the reason") };
    python.run("raise ValueError('the reason')", NO_ARGS);
}

#[test]
fn script_that_has_to_fail_gives_its_standard_error() {
    let Some(python) = Python::numpy2() else { return };
    assert!(
        python.run_refused("raise KeyError('filename')", NO_ARGS).contains("KeyError: 'filename'")
    );
}

#[test]
fn script_that_hangs_is_killed() {
    let Some(python) = Python::numpy2() else { return };
    let python = python.with_timeout(Duration::from_millis(200));
    let started = Instant::now();
    let killed = std::panic::catch_unwind(|| python.run("while True: pass", NO_ARGS));
    assert!(killed.is_err());
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}

#[test]
fn script_that_prints_more_than_a_pipe_holds_is_read_to_its_end() {
    let Some(python) = Python::numpy2() else { return };
    assert_eq!(python.run("print('x' * 1_000_000)", NO_ARGS).len(), 1_000_001);
}

#[test]
#[should_panic(expected = "no script")]
fn script_that_is_not_there_is_named() {
    python::script("no_such_script.py");
}
