//! Another process that loads, edits and saves a folder on command: this test binary, started again.

use super::observed::Observed;
use super::{SYNCED, on_system, save, state, system};
use crate::os::dir::DirId;
use crate::store::commit::Commit;
use crate::store::folder::Folder;
use crate::store::trust::Trust;
use crate::{Error, ErrorKind, Result};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "VARPACK_TEST_PUPPET_FOLDER";
const ANSWER: &str = "answer: ";

/// The parent's end.
pub(super) struct Puppet {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Puppet {
    pub(super) fn new(folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "tests::puppet::puppet_obeys", "--nocapture", "--quiet"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, commands, answers }
    }

    pub(super) fn send(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// `ok`, the kind of an error, or what else the command prints.
    pub(super) fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the puppet is dead");
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.trim().to_owned();
            }
        }
    }

    pub(super) fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.answer()
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn puppet_obeys() {
    if let Some(folder) = env::var_os(FOLDER) {
        return obey(Path::new(&folder));
    }
    let root = tempfile::tempdir().unwrap();
    let mut puppet = Puppet::new(root.path());
    assert_eq!(puppet.ask("save one"), "ok");
    assert_eq!(super::on_disk(root.path()), state(&[("x.npy", "one")]));
    assert_eq!(puppet.ask("dance"), "Usage");
}

/// What the puppet holds between commands.
#[derive(Default)]
struct Holding {
    folders: Vec<Arc<Folder>>,
    claims: Vec<crate::store::in_place::InPlace>,
    commit: Option<Commit>,
    snapshot: Option<crate::store::folder::Snapshot<'static>>,
}

fn obey(folder: &Path) {
    let mut holding = Holding::default();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let answer = match holding.obey(folder, &line) {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        println!("{ANSWER}{answer}");
    }
}

impl Holding {
    fn obey(&mut self, folder: &Path, line: &str) -> Result<()> {
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        let wait = argument.parse().ok().map(Duration::from_millis);
        match command {
            "load" => self.folders.push(Folder::open(&system(), folder, wait)?),
            "unload" => self.folders.clear(),
            "claim" => self.claims.push(self.folders[0].claim(DirId::default(), "x")?),
            "unclaim" => drop(self.claims.pop()),
            "begin" => {
                let options = crate::store::options::CommitOptions { wait, ..SYNCED };
                self.commit = Some(Commit::begin(&system(), folder, &self.folders, &options)?);
            }
            "abandon" => self.commit = None,
            "snapshot" => {
                let folder: &'static Folder = Box::leak(Box::new(self.folders.remove(0)));
                self.snapshot = Some(folder.snapshot(Trust::default(), true)?);
            }
            "release" => self.snapshot = None,
            "save" => {
                save(folder, &state(&[("x.npy", argument)]), &SYNCED)?;
            }
            "churn" => super::lock::churn(folder, argument),
            "save-without-locks" => super::lock::save_without_locks(folder, argument),
            "stop-at" => {
                on_system(stopping_at(argument), || save(folder, &super::kill::after(), &SYNCED))?;
            }
            "repair-stop-at" => {
                on_system(stopping_at(argument), || super::finish(folder))?;
            }
            _ => return Err(Error::msg(ErrorKind::Usage, "no such command")),
        }
        Ok(())
    }
}

/// Stops before an operation, for the parent to kill the process there.
fn stopping_at(number: &str) -> Arc<Observed> {
    let number: usize = number.parse().unwrap();
    Observed::new(move |step| {
        if step.number == number {
            println!("{ANSWER}stopped");
            loop {
                std::thread::park();
            }
        }
        Ok(())
    })
}
