//! Running a command to its end, or to the end of its time.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a command without input. One that takes longer than `timeout` is killed.
pub(super) fn finish(command: &mut Command, timeout: Duration) -> Result<Finished, String> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))?;
    // Both pipes are drained while it runs: a full one would stop it.
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let mut pause = Duration::from_millis(1);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < timeout => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Ok(None) => {
                let killed = child.kill().and_then(|()| child.wait());
                return Err(format!("not done after {timeout:?}, killed: {killed:?}"));
            }
            Err(error) => return Err(format!("cannot wait for it: {error}")),
        }
    };
    Ok(Finished { status, stdout: collect(stdout)?, stderr: collect(stderr)? })
}

type Drained = Option<thread::JoinHandle<io::Result<Vec<u8>>>>;

fn drain(pipe: Option<impl Read + Send + 'static>) -> Drained {
    pipe.map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| bytes)
        })
    })
}

fn collect(drained: Drained) -> Result<Vec<u8>, String> {
    match drained.map(thread::JoinHandle::join) {
        None => Ok(Vec::new()),
        Some(Ok(read)) => read.map_err(|error| format!("cannot read what it printed: {error}")),
        Some(Err(_)) => Err("the reader of its output panicked".into()),
    }
}
