//! Running Python scripts under a pinned NumPy of either generation.

mod environment;
mod process;

use crate::fixtures;
use environment::{Environment, NUMPY1, NUMPY2, PEERS, Spec};
use process::Finished;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// For a script that takes no arguments.
pub const NO_ARGS: [&str; 0] = [];

/// The time a script has before it is killed, unless [`Python::with_timeout`] says otherwise.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A Python with a pinned NumPy.
///
/// The environments are made at first use under `<workspace>/.python`, once for all processes, and
/// found again later. The interpreter is `$VARPACK_PYTHON`, else `python3`, else a `python3.N` on
/// the path that the NumPy in question runs on. With `VARPACK_SKIP_PYTHON=1` in the environment
/// there is none: a test that needs one says so and returns.
///
/// ```
/// use varpack_tests::python::Python;
///
/// let Some(python) = Python::numpy2() else { return };
/// assert_eq!(python.run("import sys; print(int(sys.argv[1]) + 1)", ["41"]).trim(), "42");
/// ```
#[derive(Clone, Debug)]
pub struct Python {
    environment: Environment,
    timeout: Duration,
    is_alone: bool,
}

impl Python {
    /// Python with NumPy 1.26, the last of the first generation.
    ///
    /// # Panics
    /// If the environment cannot be made.
    pub fn numpy1() -> Option<Self> {
        static MADE: OnceLock<Result<Environment, String>> = OnceLock::new();
        Self::with(&NUMPY1, &MADE)
    }

    /// Python with the newest NumPy 2 that runs on it.
    ///
    /// # Panics
    /// If the environment cannot be made.
    pub fn numpy2() -> Option<Self> {
        static MADE: OnceLock<Result<Environment, String>> = OnceLock::new();
        Self::with(&NUMPY2, &MADE)
    }

    /// Python with the newest NumPy 2 that runs on it, and joblib: what the benchmarks compare with.
    ///
    /// # Panics
    /// If the environment cannot be made.
    pub fn peers() -> Option<Self> {
        static MADE: OnceLock<Result<Environment, String>> = OnceLock::new();
        Self::with(&PEERS, &MADE)
    }

    /// Both generations, or none if Python is to be skipped.
    ///
    /// # Panics
    /// If an environment cannot be made.
    pub fn both() -> Vec<Self> {
        Self::numpy1().into_iter().chain(Self::numpy2()).collect()
    }

    fn with(spec: &Spec, made: &OnceLock<Result<Environment, String>>) -> Option<Self> {
        if is_skipped(spec.name) {
            return None;
        }
        let made = made.get_or_init(|| {
            Environment::prepare(&fixtures::workspace().join(".python"), spec, &candidates())
        });
        match made {
            Ok(environment) => {
                let environment = environment.clone();
                Some(Self { environment, timeout: TIMEOUT, is_alone: false })
            }
            Err(why) => panic!(
                "no Python with {}: {why}\nset VARPACK_PYTHON to an interpreter with venv or pip, \
                 or VARPACK_SKIP_PYTHON=1 to skip what needs it",
                spec.name,
            ),
        }
    }

    /// `numpy1` or `numpy2`, as the golden folders are named, or `peers`.
    pub fn name(&self) -> &'static str {
        self.environment.name()
    }

    /// The same Python, whose scripts are killed after another time.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same Python, with NumPy alone: it has no module `varpack`.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.is_alone = true;
        self
    }

    /// Runs a script and gives what it printed.
    ///
    /// `tests/python` is on its module path: it can `import varpack`, our reader of the folder.
    ///
    /// # Panics
    /// If the script fails, prints anything but UTF-8, or takes too long. The message holds what it
    /// wrote to standard error.
    pub fn run<'s>(
        &self,
        script: impl Into<Script<'s>>,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> String {
        let script = script.into();
        let finished = self.finish(&script, args);
        assert!(
            finished.status.success(),
            "{script:?} under {} ended with {}:\n{}{}",
            self.name(),
            finished.status,
            String::from_utf8_lossy(&finished.stdout),
            String::from_utf8_lossy(&finished.stderr),
        );
        String::from_utf8(finished.stdout).expect("a script prints UTF-8")
    }

    /// Runs a script that has to fail and gives what it wrote to standard error.
    ///
    /// # Panics
    /// If the script succeeds or takes too long.
    pub fn run_refused<'s>(
        &self,
        script: impl Into<Script<'s>>,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> String {
        let script = script.into();
        let finished = self.finish(&script, args);
        assert!(!finished.status.success(), "{script:?} under {} succeeded", self.name());
        String::from_utf8_lossy(&finished.stderr).into_owned()
    }

    fn finish(
        &self,
        script: &Script<'_>,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Finished {
        let mut command = self.command();
        match script {
            Script::Text(text) => command.arg("-c").arg(text),
            Script::File(path) => command.arg(path),
        };
        command.args(args);
        process::finish(&mut command, self.timeout)
            .unwrap_or_else(|why| panic!("{script:?} under {}: {why}", self.name()))
    }

    /// The interpreter, ready to take a script and its arguments, for what [`Python::run`] does not
    /// do.
    pub fn command(&self) -> Command {
        let ours = if self.is_alone { Vec::new() } else { vec![scripts()] };
        let mut command = self.environment.command(&ours);
        // Sets print in one order, and text is UTF-8 whatever the locale.
        command.env("PYTHONHASHSEED", "0").env("PYTHONUTF8", "1");
        command
    }
}

/// A script to run: text, or a file.
#[derive(Clone, Debug)]
pub enum Script<'s> {
    /// The script itself.
    Text(&'s str),
    /// The path of a file that holds it.
    File(PathBuf),
}

impl<'s> From<&'s str> for Script<'s> {
    fn from(text: &'s str) -> Self {
        Self::Text(text)
    }
}

impl From<PathBuf> for Script<'_> {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// The folder of our Python modules and scripts: `tests/python`.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// A script of `tests/python`, to be given to [`Python::run`].
///
/// # Panics
/// If there is none of that name.
pub fn script(name: &str) -> PathBuf {
    let path = scripts().join(name);
    assert!(path.is_file(), "no script {}", path.display());
    path
}

/// Whether what needs Python is to be skipped; says so.
fn is_skipped(needed: &str) -> bool {
    let skipped = env::var_os("VARPACK_SKIP_PYTHON").is_some_and(|value| value == "1");
    if skipped {
        eprintln!("skipped: needs Python with {needed}, and VARPACK_SKIP_PYTHON=1");
    }
    skipped
}

/// The interpreters to try, in order.
fn candidates() -> Vec<OsString> {
    let named = env::var_os("VARPACK_PYTHON");
    let on_path = [
        "python3",
        "python3.14",
        "python3.13",
        "python3.12",
        "python3.11",
        "python3.10",
        "python3.9",
    ];
    named.into_iter().chain(on_path.map(OsString::from)).collect()
}
