//! The command as a whole: that it runs to its end and writes what it says.

use std::fs;
use std::process::Command;

#[test]
fn quick_run_writes_the_report_and_the_picture() {
    // Without Python there are no peers to be measured beside.
    if varpack_tests::python::Python::peers().is_none() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_varpack-benches"))
        .args(["--quick", "--only", "W4", "--out"])
        .arg(out.path())
        .arg("--disk")
        .arg(out.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let report = fs::read_to_string(out.path().join("BENCHMARKS.md")).unwrap();
    for expected in ["## W4", "**varpack**", "np.save", "safetensors", "rkyv", "A quick run"] {
        assert!(report.contains(expected), "no {expected} in {report}");
    }
    assert!(!report.contains("NaN"), "{report}");
    assert!(fs::read_to_string(out.path().join("docs/benchmarks.svg")).unwrap().contains("</svg>"));
}

#[test]
fn unknown_work_is_refused() {
    let run = Command::new(env!("CARGO_BIN_EXE_varpack-benches")).args(["--only", "W9"]).output();
    let run = run.unwrap();
    assert!(!run.status.success());
    assert!(String::from_utf8_lossy(&run.stderr).contains("expected W1 to W8, found W9"));
}
