//! What a power cut may leave: the operations of a run, and the disks they can end up as.
//!
//! Assumed of the medium: a rename is atomic; an entry of a folder is durable once the folder has been
//! synced after it (both folders, for a move between two), the bytes of a file once the file has. All
//! else may be lost or kept, in any combination.

use super::observed::{Observer, Step, subject};
use crate::os::dir::Identity;
use crate::os::testing::{MACHINE, std_file};
use crate::os::{FileKind, FileSystem, Stat};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// A file or folder, whatever its inode number.
pub(super) type Node = usize;

#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A file, empty but if it was written to before it had a name.
    Create {
        dir: Node,
        name: String,
        node: Node,
    },
    MakeFolder {
        dir: Node,
        name: String,
        node: Node,
    },
    Write {
        node: Node,
        at: usize,
        bytes: Vec<u8>,
    },
    Rename {
        node: Node,
        from: Node,
        name: String,
        to: Node,
        new_name: String,
    },
    Remove {
        node: Node,
        dir: Node,
        name: String,
    },
    Sync {
        node: Node,
    },
    SyncAll,
    /// From here on, this is what the folder code may have noted of the file.
    Known {
        node: Node,
        identity: Identity,
    },
}

impl Op {
    /// The folders that the operation changes.
    fn folders(&self) -> Vec<Node> {
        match self {
            Self::Create { dir, .. } | Self::MakeFolder { dir, .. } | Self::Remove { dir, .. } => {
                vec![*dir]
            }
            Self::Rename { from, to, .. } => vec![*from, *to],
            _ => Vec::new(),
        }
    }

    pub(super) fn is_sync(&self) -> bool {
        matches!(self, Self::Sync { .. } | Self::SyncAll)
    }
}

/// The disk as the tests see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Disk {
    folders: BTreeMap<Node, BTreeMap<String, Node>>,
    files: BTreeMap<Node, Vec<u8>>,
}

/// The folder that all is in.
const ROOT: Node = 0;

/// A run, and what it started from.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    base: Disk,
    base_known: HashMap<Node, Identity>,
    pub(super) ops: Vec<Op>,
    nodes: HashMap<u64, Node>,
    count: Node,
}

impl Recording {
    /// Starts with what is in the folder, all of it durable.
    pub(super) fn of(root: &Path) -> Arc<Mutex<Self>> {
        let mut recording = Self::default();
        recording.walk(root);
        Arc::new(Mutex::new(recording))
    }

    fn walk(&mut self, path: &Path) -> Node {
        let node = self.new_node(fs::metadata(path).unwrap().ino());
        let mut entries = BTreeMap::new();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let inner = if entry.file_type().unwrap().is_dir() {
                self.walk(&entry.path())
            } else {
                let inner = self.new_node(entry.metadata().unwrap().ino());
                let identity = super::identity_of(&entry.path());
                self.base_known.insert(inner, identity);
                self.base.files.insert(inner, fs::read(entry.path()).unwrap());
                inner
            };
            entries.insert(entry.file_name().into_string().unwrap(), inner);
        }
        self.base.folders.insert(node, entries);
        node
    }

    fn new_node(&mut self, ino: u64) -> Node {
        let node = self.count;
        self.count += 1;
        self.nodes.insert(ino, node);
        node
    }

    fn node(&self, ino: u64) -> Node {
        self.nodes[&ino]
    }
}

/// Records what it observes.
pub(super) struct Recorder(pub(super) Arc<Mutex<Recording>>);

impl Observer for Recorder {
    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        // Afterwards there is nothing left to ask which file it was.
        if let "remove_file" | "remove_folder" = step.operation
            && let Ok(stat) = MACHINE.stat(step.dir.unwrap(), step.name)
        {
            let mut recording = self.0.lock().unwrap();
            let dir = MACHINE.stat_open(step.dir.unwrap()).unwrap().identity.ino;
            let (node, dir) = (recording.node(stat.identity.ino), recording.node(dir));
            recording.ops.push(Op::Remove { node, dir, name: step.name.to_owned() });
        }
        Ok(())
    }

    fn after(&self, step: &Step<'_>) {
        let mut recording = self.0.lock().unwrap();
        let ino = |fd| MACHINE.stat_open(fd).unwrap().identity.ino;
        let name = step.name.to_owned();
        let dir = |recording: &Recording| recording.node(ino(step.dir.unwrap()));
        let op = match step.operation {
            "create" | "make_folder" => {
                let dir = dir(&recording);
                let made = MACHINE.stat(step.dir.unwrap(), step.name).unwrap();
                let node = recording.new_node(made.identity.ino);
                match made.kind {
                    FileKind::Folder => Op::MakeFolder { dir, name, node },
                    _ => Op::Create { dir, name, node },
                }
            }
            "made_unnamed" => {
                recording.new_node(ino(step.file.unwrap()));
                return;
            }
            "link_unnamed" => {
                let (to, name) = step.to.unwrap();
                let node = recording.node(ino(step.file.unwrap()));
                Op::Create { dir: recording.node(ino(to)), name: name.to_owned(), node }
            }
            "write" => {
                let file = step.file.unwrap();
                let end = usize::try_from(std_file(file).stream_position().unwrap()).unwrap();
                Op::Write {
                    node: recording.node(ino(file)),
                    at: end - step.bytes.len(),
                    bytes: step.bytes.to_vec(),
                }
            }
            "copy" => {
                let (at, len) = step.range;
                let file = step.file.unwrap();
                let mut bytes = vec![0; usize::try_from(len).unwrap()];
                let read = std_file(file).read_at(&mut bytes, at).unwrap();
                bytes.truncate(read);
                let at = usize::try_from(at).unwrap();
                Op::Write { node: recording.node(ino(file)), at, bytes }
            }
            "rename" | "rename_folder" => {
                let (to, new_name) = step.to.unwrap();
                let node = recording.node(MACHINE.stat(to, new_name).unwrap().identity.ino);
                let (from, to) = (dir(&recording), recording.node(ino(to)));
                Op::Rename { node, from, name, to, new_name: new_name.to_owned() }
            }
            "sync" => Op::Sync { node: recording.node(ino(subject(step).unwrap())) },
            "sync_all" => Op::SyncAll,
            "stat" | "stat_open" => {
                let dir = step.dir.unwrap();
                let stat = match step.operation {
                    "stat" => MACHINE.stat(dir, step.name),
                    _ => MACHINE.stat_open(dir),
                };
                let Stat { identity, kind, .. } = stat.unwrap();
                if kind != FileKind::Regular {
                    return;
                }
                Op::Known { node: recording.node(identity.ino), identity }
            }
            _ => return,
        };
        recording.ops.push(op);
    }
}

/// What becomes of bytes that were not synced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unsynced {
    Kept,
    /// Those of a file that was never synced are gone, its name may be there.
    Lost,
    Half,
    Zeroed,
}

impl Recording {
    /// Which of the first `n` operations a power cut after them may undo: those that change a folder
    /// which is not synced afterwards.
    pub(super) fn undurable(&self, n: usize) -> Vec<usize> {
        let synced_later = |index: usize, node: Node| {
            self.ops.iter().take(n).skip(index).any(|op| match op {
                Op::SyncAll => true,
                Op::Sync { node: synced } => *synced == node,
                _ => false,
            })
        };
        let ops = self.ops.iter().enumerate().take(n);
        ops.filter(|(index, op)| op.folders().iter().any(|dir| !synced_later(*index, *dir)))
            .map(|(index, _)| index)
            .collect()
    }

    /// The disk after the first `n` operations without those that were lost.
    pub(super) fn disk(&self, n: usize, lost: &[usize], unsynced: Unsynced) -> Disk {
        let mut disk = self.base.clone();
        let mut durable: BTreeMap<Node, Vec<u8>> = disk.files.clone();
        for (index, op) in self.ops.iter().enumerate().take(n) {
            match op {
                Op::Sync { node } => {
                    if let Some(bytes) = disk.files.get(node) {
                        durable.insert(*node, bytes.clone());
                    }
                }
                Op::SyncAll => durable.clone_from(&disk.files),
                _ if lost.contains(&index) => disk.note(op),
                _ => disk.apply(op),
            }
        }
        for (node, bytes) in &mut disk.files {
            let kept = durable.get(node).map_or(&[][..], Vec::as_slice);
            if kept == bytes {
                continue;
            }
            match unsynced {
                Unsynced::Kept => {}
                Unsynced::Lost => *bytes = kept.to_vec(),
                Unsynced::Half => {
                    bytes.truncate(kept.len() + bytes.len().saturating_sub(kept.len()) / 2);
                }
                Unsynced::Zeroed => bytes.iter_mut().skip(kept.len()).for_each(|byte| *byte = 0),
            }
        }
        disk
    }

    /// What the folder code knew of each file at that time.
    pub(super) fn known(&self, n: usize) -> HashMap<Node, Identity> {
        let mut known = self.base_known.clone();
        known.extend(self.ops.iter().take(n).filter_map(|op| match op {
            Op::Known { node, identity } => Some((*node, *identity)),
            _ => None,
        }));
        known
    }
}

impl Disk {
    /// The file or folder comes to be, but its name is lost.
    fn note(&mut self, op: &Op) {
        match op {
            Op::Create { node, .. } => {
                self.files.entry(*node).or_default();
            }
            Op::MakeFolder { node, .. } => {
                self.folders.insert(*node, BTreeMap::new());
            }
            _ => {}
        }
    }

    fn apply(&mut self, op: &Op) {
        self.note(op);
        match op {
            Op::Create { dir, name, node } | Op::MakeFolder { dir, name, node } => {
                self.entries(*dir).insert(name.clone(), *node);
            }
            Op::Write { node, at, bytes } => {
                let file = self.files.entry(*node).or_default();
                file.resize(file.len().max(at + bytes.len()), 0);
                file.splice(*at..at + bytes.len(), bytes.iter().copied());
            }
            Op::Rename { node, from, name, to, new_name } => {
                self.forget(*from, name, *node);
                self.entries(*to).insert(new_name.clone(), *node);
            }
            Op::Remove { node, dir, name } => self.forget(*dir, name, *node),
            Op::Sync { .. } | Op::SyncAll | Op::Known { .. } => {}
        }
    }

    /// Takes a name away, unless another file has it: the operation that gave it may be lost.
    fn forget(&mut self, dir: Node, name: &str, node: Node) {
        if self.entries(dir).get(name) == Some(&node) {
            self.entries(dir).remove(name);
        }
    }

    fn entries(&mut self, dir: Node) -> &mut BTreeMap<String, Node> {
        self.folders.entry(dir).or_default()
    }

    /// Writes the disk into a folder; gives what the files have to be taken for.
    pub(super) fn write_to(&self, path: &Path, known: &HashMap<Node, Identity>) -> Restored {
        let mut restored = Restored::default();
        self.write_folder(ROOT, path, known, &mut restored);
        restored
    }

    fn write_folder(
        &self,
        folder: Node,
        path: &Path,
        known: &HashMap<Node, Identity>,
        restored: &mut Restored,
    ) {
        fs::create_dir_all(path).unwrap();
        for (name, node) in &self.folders[&folder] {
            let path = path.join(name);
            let Some(bytes) = self.files.get(node) else {
                self.write_folder(*node, &path, known, restored);
                continue;
            };
            fs::write(&path, bytes).unwrap();
            if let Some(identity) = known.get(node) {
                let file = File::options().write(true).open(&path).unwrap();
                let (seconds, nanoseconds) = identity.mtime;
                let since = Duration::new(
                    u64::try_from(seconds).unwrap(),
                    u32::try_from(nanoseconds).unwrap(),
                );
                file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
                restored.inodes.insert(file.metadata().unwrap().ino(), identity.ino);
            }
        }
    }
}

/// Files that stand for others: told to have the inode numbers of those.
#[derive(Clone, Debug, Default)]
pub(super) struct Restored {
    inodes: HashMap<u64, u64>,
}

impl Observer for Restored {
    fn translate(&self, mut stat: Stat) -> Stat {
        if let Some(ino) = self.inodes.get(&stat.identity.ino) {
            stat.identity.ino = *ino;
        }
        stat
    }
}
