//! What a derive costs the user's build: 20 structs of 20 fields under the derives of varpack, serde
//! and epserde, the time of a clean check and the lines that the macros add.
//!
//! `cargo run --release -p varpack-benches --bin build_time [rounds]` makes a workspace of one crate a
//! derive under `target/build-time`, checks each once for its dependencies, and then checks the
//! crates alone in turns. The table it prints is in Markdown.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const STRUCTS: usize = 20;
const FIELDS: usize = 20;
const ROUNDS: usize = 9;

/// A crate of structs under one derive.
struct Candidate {
    /// The name of the crate.
    name: &'static str,
    /// How the table calls it.
    title: &'static str,
    dependencies: &'static str,
    imports: &'static str,
    derive: &'static str,
    /// The attribute and the type of each field, in turn.
    fields: &'static [(&'static str, &'static str)],
}

/// Values that all three derives take.
const VALUES: &[(&str, &str)] =
    &[("", "u64"), ("", "f64"), ("", "String"), ("", "Vec<f32>"), ("", "Vec<String>")];

/// What a struct for varpack looks like.
const ARRAYS: &[(&str, &str)] = &[
    ("#[varpack(mmap)]", "varpack::MmapArray2<f32>"),
    ("#[varpack(mmap)]", "BTreeMap<String, varpack::MmapArray1<f32>>"),
    ("#[varpack(separate)]", "Vec<String>"),
    ("#[varpack(default)]", "f64"),
    ("", "u64"),
];

const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: "no-derive",
        title: "no derive",
        dependencies: "",
        imports: "",
        derive: "",
        fields: VALUES,
    },
    Candidate {
        name: "with-serde",
        title: "serde, `Serialize` and `Deserialize`",
        dependencies: "serde = { version = \"1\", features = [\"derive\"] }",
        imports: "",
        derive: "#[derive(serde::Serialize, serde::Deserialize)]",
        fields: VALUES,
    },
    Candidate {
        name: "with-epserde",
        title: "epserde, `Epserde`",
        dependencies: "epserde = \"0.13\"",
        imports: "use epserde::prelude::*;",
        derive: "#[derive(Epserde)]",
        fields: VALUES,
    },
    Candidate {
        name: "with-varpack",
        title: "varpack, `Varpack`",
        dependencies: "varpack.path = \"VARPACK\"",
        imports: "",
        derive: "#[derive(varpack::Varpack)]",
        fields: VALUES,
    },
    Candidate {
        name: "with-varpack-arrays",
        title: "varpack, `Varpack`, arrays and attributes",
        dependencies: "varpack.path = \"VARPACK\"",
        imports: "use std::collections::BTreeMap;",
        derive: "#[derive(varpack::Varpack)]",
        fields: ARRAYS,
    },
];

impl Candidate {
    fn write(&self, workspace: &Path, varpack: &Path) -> Result<()> {
        let folder = workspace.join(self.name);
        fs::create_dir_all(folder.join("src"))?;
        let dependencies = self.dependencies.replace("VARPACK", &varpack.display().to_string());
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependencies}\n",
            self.name,
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), self.source()?)?;
        Ok(())
    }

    fn source(&self) -> Result<String> {
        let mut source = format!("#![allow(dead_code, unused_imports)]\n{}\n", self.imports);
        for number in 0..STRUCTS {
            writeln!(source, "{}\npub struct Struct{number} {{", self.derive)?;
            for (field, (attribute, ty)) in (0..FIELDS).zip(self.fields.iter().cycle()) {
                writeln!(source, "    {attribute}\n    pub field_{field}: {ty},")?;
            }
            source.push_str("}\n");
        }
        Ok(source)
    }

    /// The time of a check of this crate alone, its dependencies being there.
    fn check(&self, workspace: &Path) -> Result<Duration> {
        run(cargo(workspace).args(["clean", "--offline", "-p", self.name]))?;
        let start = Instant::now();
        run(cargo(workspace).args(["check", "--offline", "-p", self.name]))?;
        Ok(start.elapsed())
    }

    /// The lines of the crate after expansion, as `rustfmt` breaks them.
    fn expanded_lines(&self, workspace: &Path) -> Result<usize> {
        let mut command = cargo(workspace);
        command.args(["rustc", "--offline", "-p", self.name, "--lib", "--profile", "check"]);
        // The only way to see an expansion without a nightly compiler; nothing is measured here.
        command.env("RUSTC_BOOTSTRAP", "1").args(["--", "-Zunpretty=expanded"]);
        let file = workspace.join(self.name).join("expanded.rs");
        fs::write(&file, run(&mut command)?)?;
        run(Command::new("rustfmt").args(["--edition", "2024"]).arg(&file))?;
        Ok(fs::read_to_string(&file)?.lines().count())
    }
}

fn cargo(workspace: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace).env("CARGO_TARGET_DIR", workspace.join("target"));
    command
}

/// Runs a command to its end and gives what it printed.
fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{command:?}: {}\n{message}", output.status).into());
    }
    Ok(output.stdout)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() -> Result<()> {
    let rounds = env::args().nth(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?.max(1);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let workspace = target.join("build-time");
    fs::create_dir_all(&workspace)?;
    let members: Vec<_> = CANDIDATES.iter().map(|candidate| candidate.name).collect();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
    fs::write(workspace.join("Cargo.toml"), manifest)?;
    for candidate in CANDIDATES {
        candidate.write(&workspace, &root.join("varpack"))?;
    }
    run(cargo(&workspace).args(["check", "--workspace"]))?;

    // In turns, so that a slow minute of the machine is everyone's.
    let mut times = vec![Vec::new(); CANDIDATES.len()];
    for _ in 0..rounds {
        for (times, candidate) in times.iter_mut().zip(CANDIDATES) {
            times.push(candidate.check(&workspace)?);
        }
    }
    let mut rows = Vec::new();
    for (times, candidate) in times.into_iter().zip(CANDIDATES) {
        rows.push((candidate, median(times), candidate.expanded_lines(&workspace)?));
    }
    print_table(&rows, rounds);
    Ok(())
}

/// Prints the rows; the first is the structs alone, the second what the others are compared with.
fn print_table(rows: &[(&Candidate, Duration, usize)], rounds: usize) {
    println!("{STRUCTS} structs of {FIELDS} fields, the median of {rounds} clean checks:\n");
    println!(
        "| derive | check, ms | of it the derive, ms | ratio to serde | lines added | ratio |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let (_, plain, plain_lines) = rows[0];
    let added = |row: &(&Candidate, Duration, usize)| {
        (row.1.saturating_sub(plain).as_secs_f64() * 1e3, row.2.saturating_sub(plain_lines))
    };
    let (serde, serde_lines) = added(&rows[1]);
    for row in rows {
        let (time, lines) = added(row);
        println!(
            "| {} | {:.0} | {time:.0} | {:.2} | {lines} | {} |",
            row.0.title,
            row.1.as_secs_f64() * 1e3,
            time / serde,
            ratio(lines, serde_lines),
        );
    }
}

fn ratio(lines: usize, of: usize) -> String {
    // In hundredths, for line counts do not convert to floats without loss.
    let hundredths = (lines * 100).checked_div(of).unwrap_or_default();
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
