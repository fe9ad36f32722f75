//! Tests that run again in a process of their own, which is told the folder to work on: one that ends, may be killed,
//! or has another user, working directory or limit.

#[cfg(unix)]
use crate::folders::set_mode;
#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder to work on, in a child process.
const FOLDER: &str = "VARPACK_TEST_CHILD";

#[cfg(unix)]
/// The user whom [`of_stranger`] makes a child of: `nobody`.
pub const STRANGER: u32 = 65_534;

/// What a parent has told its child, the folder; `None` in the parent.
pub fn told() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

#[cfg(unix)]
/// Whether this process is root, whom no permission stops and who can be any other user.
///
/// # Panics
/// If it cannot be told.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").expect("this process").uid() == 0
}

/// The command that runs one test of this program again, in a child that is told a folder.
///
/// # Panics
/// If this program cannot be found.
pub fn command(test: &str, folder: &Path) -> Command {
    command_of(Command::new(std::env::current_exe().expect("this program")), test, folder)
}

#[cfg(unix)]
/// [`command`], as a user who is not root, from a copy of this program beside the folder: what cargo has built may be
/// out of his reach.
///
/// # Panics
/// If the program cannot be copied.
pub fn of_stranger(test: &str, folder: &Path) -> Command {
    let mut command = command_of(Command::new(copied(folder)), test, folder);
    command.current_dir("/");
    if is_root() {
        command.uid(STRANGER).gid(STRANGER);
    }
    command
}

#[cfg(unix)]
/// A user, with the first group and at most one more.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// The user's number, and that of the group of new files.
    pub uid: u32,
    /// The group of new files.
    pub gid: u32,
    /// Another group that the user is in.
    pub team: Option<u32>,
}

#[cfg(unix)]
/// [`of_stranger`], as any user, behind the words of another program (`strace -o log`), or none. Only for root.
///
/// # Panics
/// If the program cannot be copied.
pub fn of_user(before: &[&str], user: User, test: &str, folder: &Path) -> Command {
    let User { uid, gid, team } = user;
    let groups = team.map_or("--clear-groups".to_owned(), |team| format!("--groups={team}"));
    let setpriv =
        ["setpriv".to_owned(), format!("--reuid={uid}"), format!("--regid={gid}"), groups];
    let mut words = before.iter().map(|word| (*word).to_owned()).chain(setpriv);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(copied(folder)).current_dir("/");
    command_of(command, test, folder)
}

#[cfg(unix)]
/// This program beside the folder, where all may run it.
fn copied(folder: &Path) -> PathBuf {
    let parent = folder.parent().expect("a folder in another");
    let program = parent.join("test");
    if !program.exists() {
        // Not by this process: a child that another thread forks off would hold it open to write, and nobody runs it then.
        let this = std::env::current_exe().expect("this program");
        let copied = Command::new("cp").args([&this, &program]).status().expect("`cp`");
        assert!(copied.success(), "a copy of {}", this.display());
        set_mode(&program, 0o755);
    }
    let mode = fs::metadata(parent).expect("the folder's parent").permissions().mode();
    set_mode(parent, mode | 0o055);
    program
}

/// [`command`], through `launcher`, which gets this program as its last argument and has to hand on those that follow.
///
/// # Panics
/// If this program cannot be found.
pub fn through(mut launcher: Command, test: &str, folder: &Path) -> Command {
    launcher.arg(std::env::current_exe().expect("this program"));
    command_of(launcher, test, folder)
}

fn command_of(mut command: Command, test: &str, folder: &Path) -> Command {
    command.args([test, "--exact", "--nocapture"]).env(FOLDER, folder);
    command
}

/// Runs a child to its end.
///
/// # Panics
/// If its test does not run or fails.
#[track_caller]
pub fn assert_passes(mut command: Command) {
    let output = command.output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "the child failed: {}\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Runs one test in a child. Only Unix can limit its memory.
///
/// # Panics
/// If its test does not run or fails.
#[cfg(not(unix))]
#[track_caller]
pub fn under_limit(test: &str, folder: &Path, _mebibytes: usize) {
    assert_passes(command(test, folder));
}

#[cfg(unix)]
/// Runs one test in a child that may have so much memory: all it maps, and the program itself.
///
/// # Panics
/// If its test does not run or fails.
#[track_caller]
pub fn under_limit(test: &str, folder: &Path, mebibytes: usize) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {} && exec \"$0\" \"$@\"", mebibytes << 10)]);
    let mut command = through(shell, test, folder);
    command.env("RUST_TEST_THREADS", "1");
    assert_passes(command);
}
