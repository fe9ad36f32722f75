//! Making a Python environment with a pinned NumPy, once, and finding it again.

use super::process;
use serde::{Deserialize, Serialize};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// One environment to be made.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pins: &'static [Pin],
    /// What is installed beside NumPy.
    packages: &'static [&'static str],
}

/// A NumPy and the Pythons (3.N, both ends included) that it has wheels for.
#[derive(Debug)]
struct Pin {
    numpy: &'static str,
    oldest: u32,
    newest: u32,
}

/// NumPy 1.26, which has no wheel for Python 3.13 and later.
pub(super) const NUMPY1: Spec =
    Spec { name: "numpy1", pins: &[Pin { numpy: "1.26.4", oldest: 9, newest: 12 }], packages: &[] };

/// The newest NumPy 2 of each Python.
const NEWEST: &[Pin] = &[
    Pin { numpy: "2.4.6", oldest: 11, newest: u32::MAX },
    Pin { numpy: "2.2.6", oldest: 10, newest: 10 },
    Pin { numpy: "2.0.2", oldest: 9, newest: 9 },
];

/// NumPy 2.
pub(super) const NUMPY2: Spec = Spec { name: "numpy2", pins: NEWEST, packages: &[] };

/// What varpack is measured beside. Its versions are shown with the figures, so that none is pinned.
pub(super) const PEERS: Spec = Spec { name: "peers", pins: NEWEST, packages: &["joblib"] };

/// The time that making an environment may take, the download of NumPy included.
const MAKING: Duration = Duration::from_secs(600);
/// The time that a question to an interpreter may take.
const ASKING: Duration = Duration::from_secs(60);
/// The file whose presence says that the environment is complete. It is written last.
const STAMP: &str = "varpack-tests.json";

/// An environment that works.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    name: &'static str,
    stamp: Stamp,
}

/// What an environment's stamp says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    numpy: String,
    /// What is installed beside it.
    #[serde(default)]
    packages: Vec<String>,
    /// The interpreter to run.
    interpreter: PathBuf,
    /// Where NumPy is, if that is not the interpreter's own folder.
    site_packages: Option<PathBuf>,
    /// The interpreters that were to be tried: others mean another environment.
    candidates: Vec<String>,
}

impl Environment {
    /// Finds the environment in `root`, or makes it from the first of the interpreters that the
    /// NumPy runs on. Processes that ask at the same time wait for the one that makes it.
    pub(super) fn prepare(
        root: &Path,
        spec: &Spec,
        candidates: &[OsString],
    ) -> Result<Self, String> {
        let folder = root.join(spec.name);
        if let Some(found) = Self::find(&folder, spec, candidates) {
            return Ok(found);
        }
        let say =
            |action: &str, error: io::Error| format!("{action} in {}: {error}", root.display());
        fs::create_dir_all(root).map_err(|error| say("cannot make a folder", error))?;
        let lock = File::create(root.join(format!("{}.lock", spec.name)))
            .map_err(|error| say("cannot make a lock file", error))?;
        lock.lock().map_err(|error| say("cannot lock", error))?;
        // Another process may have made it while this one waited.
        match Self::find(&folder, spec, candidates) {
            Some(found) => Ok(found),
            None => Self::make(&folder, spec, candidates),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The interpreter, with these folders on its module path and nothing of the user's own.
    pub(super) fn command(&self, module_path: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.stamp.interpreter);
        let path = module_path.iter().chain(&self.stamp.site_packages);
        command
            .env("PYTHONPATH", env::join_paths(path).expect("no separator in a module path"))
            .env("PYTHONNOUSERSITE", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PYTHONHOME");
        command
    }

    fn find(folder: &Path, spec: &Spec, candidates: &[OsString]) -> Option<Self> {
        let stamp: Stamp = serde_json::from_slice(&fs::read(folder.join(STAMP)).ok()?).ok()?;
        if stamp.candidates != texts(candidates) || stamp.packages != spec.packages {
            return None;
        }
        let found = Self { name: spec.name, stamp };
        found.check().is_ok().then_some(found)
    }

    /// Whether NumPy can be imported and is the pinned one.
    fn check(&self) -> Result<(), String> {
        let mut command = self.command(&[]);
        let version = ask(command.args(["-c", "import numpy; print(numpy.__version__)"]), ASKING)?;
        if version.trim() == self.stamp.numpy {
            Ok(())
        } else {
            Err(format!("expected NumPy {}, found {version}", self.stamp.numpy))
        }
    }

    fn make(folder: &Path, spec: &Spec, candidates: &[OsString]) -> Result<Self, String> {
        let (base, pin) = choose(spec, candidates)?;
        let (interpreter, site_packages) = create(&base, folder)?;
        let mut pip = Command::new(&interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(["--only-binary=:all:", &format!("numpy=={}", pin.numpy)])
            .args(spec.packages)
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH");
        if let Some(target) = &site_packages {
            pip.arg("--target").arg(target);
        }
        ask(&mut pip, MAKING)?;
        let made = Self {
            name: spec.name,
            stamp: Stamp {
                numpy: pin.numpy.into(),
                packages: spec.packages.iter().map(|&package| package.into()).collect(),
                interpreter,
                site_packages,
                candidates: texts(candidates),
            },
        };
        made.check()?;
        let stamp = serde_json::to_vec_pretty(&made.stamp).map_err(|error| error.to_string())?;
        fs::write(folder.join(STAMP), stamp)
            .map_err(|error| format!("cannot write in {}: {error}", folder.display()))?;
        Ok(made)
    }
}

/// The first interpreter that one of the pins runs on.
fn choose<'s>(spec: &'s Spec, candidates: &[OsString]) -> Result<(PathBuf, &'s Pin), String> {
    let mut refusals = Vec::new();
    for candidate in candidates {
        let mut command = Command::new(candidate);
        command.args(["-c", "import sys; print(*sys.version_info[:2])"]);
        let answer = match ask(&mut command, ASKING) {
            Ok(answer) => answer,
            Err(why) => {
                refusals.push(why);
                continue;
            }
        };
        let pin = answer.trim().strip_prefix("3 ").and_then(|minor| minor.parse().ok()).and_then(
            |minor: u32| spec.pins.iter().find(|pin| (pin.oldest..=pin.newest).contains(&minor)),
        );
        match pin {
            Some(pin) => return Ok((candidate.into(), pin)),
            None => refusals.push(format!(
                "{} is Python {}, for which there is no wheel",
                candidate.display(),
                answer.trim().replace(' ', "."),
            )),
        }
    }
    Err(refusals.join("; "))
}

/// Makes an empty environment: its interpreter, and the folder for packages if it has none of its own.
///
/// Debian's `python3` lacks `ensurepip`, and so `venv`, unless `python3-venv` is there.
fn create(base: &Path, folder: &Path) -> Result<(PathBuf, Option<PathBuf>), String> {
    let mut refusals = Vec::new();
    for module in ["venv", "virtualenv"] {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot remove {}: {error}", folder.display()));
            }
            _ => {}
        }
        match ask(Command::new(base).args(["-m", module]).arg(folder), MAKING) {
            Ok(_) if cfg!(windows) => return Ok((folder.join("Scripts").join("python.exe"), None)),
            Ok(_) => return Ok((folder.join("bin").join("python"), None)),
            Err(why) => refusals.push(why),
        }
    }
    match ask(Command::new(base).args(["-m", "pip", "--version"]), ASKING) {
        Ok(_) => Ok((base.into(), Some(folder.join("site-packages")))),
        Err(why) => {
            refusals.push(why);
            Err(refusals.join("; "))
        }
    }
}

/// Runs a command that has to succeed and gives what it printed.
fn ask(command: &mut Command, timeout: Duration) -> Result<String, String> {
    let finished = process::finish(command, timeout)?;
    if finished.status.success() {
        return Ok(String::from_utf8_lossy(&finished.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let stdout = String::from_utf8_lossy(&finished.stdout);
    Err(format!("{command:?} ended with {}: {}{}", finished.status, stdout.trim(), stderr.trim()))
}

fn texts(candidates: &[OsString]) -> Vec<String> {
    candidates.iter().map(|candidate| candidate.to_string_lossy().into_owned()).collect()
}

// Unix: the Python that lacks modules is a shell script.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::{candidates, is_skipped};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A `python3` that lacks modules: it refuses `-m module` for each of them.
    fn python_without(folder: &Path, modules: &[&str]) -> OsString {
        let refused = modules
            .iter()
            .map(|module| format!("'-m {module} '*) echo no {module} >&2; exit 1 ;;\n"));
        let script = format!(
            "#!/bin/sh\ncase \"$1 $2 \" in\n{}esac\nexec \"${{VARPACK_PYTHON:-python3}}\" \"$@\"\n",
            refused.collect::<String>(),
        );
        let (draft, path) = (folder.join("draft"), folder.join("python-without"));
        fs::write(&draft, script).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        // Written by another process: what another test starts in the meantime would inherit a file that
        // is open for writing here, and a file that is open so cannot be run.
        assert!(Command::new("cp").args([&draft, &path]).status().unwrap().success());
        path.into_os_string()
    }

    /// A folder for environments, unless Python is to be skipped.
    fn root() -> Option<tempfile::TempDir> {
        (!is_skipped("pip")).then(|| tempfile::tempdir().unwrap())
    }

    #[test]
    fn environment_is_made_where_python_has_neither_venv_nor_virtualenv() {
        let Some(root) = root() else { return };
        let base = python_without(root.path(), &["venv", "virtualenv"]);
        let made = Environment::prepare(root.path(), &NUMPY2, &[base]).unwrap();
        assert!(made.stamp.site_packages.is_some());
        made.check().unwrap();
    }

    #[test]
    fn environment_is_made_once_and_again_when_damaged() {
        let Some(root) = root() else { return };
        let prepare = || Environment::prepare(root.path(), &NUMPY2, &candidates()).unwrap();
        let written = || {
            let stamp = root.path().join("numpy2").join(STAMP);
            fs::metadata(stamp).unwrap().modified().unwrap()
        };
        // Two ask at the same time: one makes it, the other waits and finds it.
        let [made, found] = std::thread::scope(|scope| {
            [scope.spawn(prepare), scope.spawn(prepare)].map(|thread| thread.join().unwrap())
        });
        assert_eq!(found.stamp, made.stamp);
        let first = written();
        prepare();
        assert_eq!(written(), first, "made once");

        fs::remove_file(&made.stamp.interpreter).unwrap();
        prepare().check().unwrap();
        assert_ne!(written(), first, "made again");
    }

    #[test]
    fn python_without_any_installer_is_refused_with_every_reason() {
        let Some(root) = root() else { return };
        let base = python_without(root.path(), &["venv", "virtualenv", "pip"]);
        let why = Environment::prepare(root.path(), &NUMPY2, &[base]).unwrap_err();
        for reason in ["no venv", "no virtualenv", "no pip"] {
            assert!(why.contains(reason), "{why}");
        }
    }

    #[test]
    fn python_too_new_for_the_numpy_is_passed_over() {
        let Some(root) = root() else { return };
        let none = OsString::from("no-such-python");
        let too_old = Spec {
            name: "old",
            pins: &[Pin { numpy: "1.16.6", oldest: 5, newest: 7 }],
            packages: &[],
        };
        let why =
            Environment::prepare(root.path(), &too_old, &[none, "python3".into()]).unwrap_err();
        assert!(why.contains("cannot run no-such-python"), "{why}");
        assert!(why.contains("python3 is Python 3."), "{why}");
    }
}
