//! `strace` as the hand that kills a process at a system call, or fails the call.

use super::child::{WINDOW_BEGIN, WINDOW_END};
use super::mount::text;
use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The system calls that files are made, read, written, locked, moved and removed with. Names that
/// an architecture lacks are passed over (`?`).
pub const FILE_CALLS: &str = "?open,openat,?openat2,?creat,read,pread64,readv,write,pwrite64,writev,\
    fallocate,ftruncate,fsync,fdatasync,syncfs,?rename,?renameat,renameat2,?unlink,unlinkat,?mkdir,\
    mkdirat,?rmdir,fstat,?newfstatat,?statx,?stat,?lstat,getdents64,fchmod,?fchmodat,fchown,?fchownat,\
    fcntl,?fstatfs,?link,linkat,?copy_file_range,lseek,?mmap,munmap,msync,close,?faccessat,?access";

/// Those of them that can fail without a lie: a closed descriptor is closed, and memory that cannot be
/// had (`mmap` is what allocates it) ends a Rust program.
pub const FALLIBLE_CALLS: &str = "?open,openat,?openat2,?creat,read,pread64,readv,write,pwrite64,writev,\
    fallocate,ftruncate,fsync,fdatasync,syncfs,?rename,?renameat,renameat2,?unlink,unlinkat,?mkdir,\
    mkdirat,?rmdir,fstat,?newfstatat,?statx,?stat,?lstat,getdents64,fchmod,?fchmodat,fchown,?fchownat,\
    fcntl,?fstatfs,?link,linkat,?copy_file_range,lseek,msync,?faccessat,?access";

/// The errors that the system gives when it is out of something, or broken.
pub const ERRORS: [&str; 5] = ["ENOSPC", "EIO", "EDQUOT", "EINTR", "EACCES"];

/// Something to happen at one system call of a traced process.
#[derive(Clone, Debug)]
pub struct Injection {
    what: String,
    /// Only calls on this file.
    on: Option<PathBuf>,
}

impl Injection {
    /// The call is not made: the process dies of `SIGKILL`.
    pub fn kill(call: &Call) -> Self {
        let what = format!("inject={}:signal=SIGKILL:when={}", call.name, call.number);
        Self { what, on: None }
    }

    /// The call fails.
    pub fn fail(call: &Call, error: &str) -> Self {
        Self { what: format!("inject={}:error={error}:when={}", call.name, call.number), on: None }
    }

    /// The call fails; counted are those on this file alone.
    pub fn fail_on(file: &Path, call: &Call, error: &str) -> Self {
        Self { on: Some(file.to_owned()), ..Self::fail(call, error) }
    }
}

/// One system call of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The system call's name.
    pub name: String,
    /// Which of its thread's calls of that name it is, from 1.
    pub number: usize,
}

impl Call {
    /// The `number`th call of a name.
    pub fn new(name: &str, number: usize) -> Self {
        Self { name: name.to_owned(), number }
    }

    /// Whether it is a save's commit point: the rename of a folder.
    pub fn is_commit_point(&self) -> bool {
        self.name == "renameat2"
    }
}

/// See the file's first line.
#[derive(Clone, Debug)]
pub struct Strace {
    /// One processor, so that the child works on one thread and its calls have one order.
    pinned: Option<String>,
}

/// The `strace` of this machine.
///
/// # Panics
/// If it may not trace. `VARPACK_SKIP_STRACE=1` skips the tests that need it.
pub fn strace() -> Strace {
    static WORKS: OnceLock<Result<(), String>> = OnceLock::new();
    let works = WORKS.get_or_init(|| {
        let output = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    });
    if let Err(why) = works {
        panic!(
            "strace does not work: {why}\ninstall it (`apt-get install strace`; in a container it needs \
             the right to trace), or set VARPACK_SKIP_STRACE=1 to skip what needs it"
        );
    }
    Strace { pinned: Some(first_processor()) }
}

/// Whether the tests that need `strace` are left out: where it is not installed, or is not to be used. Says
/// so if they are.
pub fn is_skipped() -> bool {
    let is_unwanted = env::var_os("VARPACK_SKIP_STRACE").is_some_and(|value| value == "1");
    let is_missing = || Command::new("strace").arg("-V").output().is_err();
    let why = match is_unwanted {
        true => "VARPACK_SKIP_STRACE=1",
        false if is_missing() => "strace is not installed",
        false => return false,
    };
    println!("skipped: {why}, so nothing is killed or failed for real");
    true
}

impl Strace {
    /// Lets the child work on as many threads as it likes. Calls are then counted by thread.
    #[must_use]
    pub fn threaded(mut self) -> Self {
        self.pinned = None;
        self
    }

    /// Runs a command while something happens to it.
    ///
    /// # Panics
    /// If `strace` itself fails.
    pub fn run(&self, command: &[String], injection: &Injection) -> Output {
        self.traced(FILE_CALLS, "/dev/null", Some(injection), command)
    }

    /// The calls of the child's work, when nothing happens to it.
    ///
    /// # Panics
    /// If the child fails, or never begins.
    pub fn calls(&self, calls: &str, command: &[String]) -> Vec<Call> {
        let log = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = log.path().to_str().expect("a temporary file's name is UTF-8");
        let output = self.traced(calls, path, None, command);
        assert!(output.status.success(), "{command:?}: {output:?}");
        let text = std::fs::read(log.path()).expect("the trace");
        let text = String::from_utf8_lossy(&text);
        let mut counts = BTreeMap::<&str, usize>::new();
        let mut found = Vec::new();
        let mut is_work = false;
        for line in text.lines() {
            // `123 openat(AT_FDCWD, "state", O_RDONLY) = 3`
            let Some((start, arguments)) = line.split_once('(') else { continue };
            let name = start.split_whitespace().last().unwrap_or_default();
            let number = counts.entry(name).and_modify(|count| *count += 1).or_insert(1);
            if arguments.contains(WINDOW_END) {
                break;
            }
            if is_work {
                found.push(Call { name: name.to_owned(), number: *number });
            }
            is_work = is_work || arguments.contains(WINDOW_BEGIN);
        }
        assert!(!found.is_empty(), "the child's work is not in the trace:\n{text}");
        found
    }

    fn traced(
        &self,
        calls: &str,
        log: &str,
        injection: Option<&Injection>,
        command: &[String],
    ) -> Output {
        let mut words = match &self.pinned {
            Some(processor) => vec!["taskset", "-c", processor.as_str()],
            None => Vec::new(),
        };
        let trace = format!("trace={calls}");
        words.extend(["strace", "-f", "-qq", "-o", log, "-e", &trace]);
        if let Some(Injection { what, on }) = injection {
            words.extend(["-e", what]);
            words.extend(on.iter().flat_map(|file| ["-P", text(file)]));
        }
        words.extend(command.iter().map(String::as_str));
        let output = Command::new(words[0]).args(&words[1..]).output();
        let output = output.unwrap_or_else(|error| panic!("cannot run {words:?}: {error}"));
        let died = output.status.signal();
        let of_strace = String::from_utf8_lossy(&output.stderr).contains("strace: ");
        assert!(matches!(died, None | Some(9)) && !of_strace, "{words:?}: {output:?}");
        output
    }
}

/// The first that this process may run on.
fn first_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let digits = list.unwrap_or("0").trim();
    digits.chars().take_while(char::is_ascii_digit).collect()
}
