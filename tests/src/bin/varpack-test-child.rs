//! The process that is killed, failed and limited by the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    return varpack_tests::faults::run_command(std::env::args().skip(1));
    #[cfg(not(unix))]
    ExitCode::FAILURE
}
