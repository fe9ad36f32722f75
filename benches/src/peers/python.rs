//! NumPy, joblib and CPython's pickle: a child process that is asked over a pipe and takes its own times.

use crate::Result;
use crate::measure::check_sum;
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

/// A Python process. The start of the interpreter is not measured; it holds its data all along.
pub(crate) struct Server(RefCell<Pipes>);

struct Pipes {
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Reply {
    error: Option<String>,
    seconds: Option<f64>,
    sum: Option<f64>,
    value: Option<Value>,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let python = varpack_tests::python::Python::peers()
            .ok_or("the peers in Python cannot be left out: unset VARPACK_SKIP_PYTHON")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/server.py");
        let mut child = python
            .command()
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start Python: {error}"))?;
        let requests = child.stdin.take().ok_or("no pipe to Python")?;
        let replies = BufReader::new(child.stdout.take().ok_or("no pipe from Python")?);
        Ok(Self(RefCell::new(Pipes { child, requests, replies })))
    }

    fn ask(&self, call: &str, args: &Value) -> Result<Reply> {
        let mut pipes = self.0.borrow_mut();
        let request = json!({"call": call, "args": args});
        writeln!(pipes.requests, "{request}")?;
        let mut line = String::new();
        pipes.replies.read_line(&mut line)?;
        let reply: Reply =
            serde_json::from_str(&line).map_err(|error| format!("Python: {call}: {error}"))?;
        match reply.error {
            Some(error) => Err(format!("Python: {call}: {error}").into()),
            None => Ok(reply),
        }
    }

    /// Asks for something that is not measured.
    pub(crate) fn prepare(&self, call: &str, args: Value) -> Result<Value> {
        Ok(self.ask(call, &args)?.value.unwrap_or_default())
    }

    /// The time of something.
    pub(crate) fn time(&self, call: &str, args: Value) -> Result<Duration> {
        let seconds = self.ask(call, &args)?.seconds.ok_or("Python took no time")?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }

    /// The time of a load, whose sum of what it touched has to be right.
    pub(crate) fn time_load(&self, call: &str, folder: &Path, expected: f64) -> Result<Duration> {
        let reply = self.ask(call, &json!({"folder": folder}))?;
        check_sum(expected, reply.sum.ok_or("Python gave no sum")?)?;
        Ok(Duration::try_from_secs_f64(reply.seconds.ok_or("Python took no time")?)?)
    }

    /// The time of a save into a folder.
    pub(crate) fn time_save(&self, call: &str, folder: &Path) -> Result<Duration> {
        self.time(call, json!({"folder": folder}))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let child = &mut self.0.get_mut().child;
        // Nothing is left to be said to it, and an error here would hide a first one.
        let _ = child.kill();
        let _ = child.wait();
    }
}
