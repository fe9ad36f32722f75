//! The folder that a save finds: its manifest, its shared pickle, and which files are whose.

use super::compare;
use super::contents::{Contents, SharedNodes};
use crate::array::ArraySource;
use crate::budget::Budget;
use crate::folder::baseline::{Mine, Part, SeenItem};
use crate::folder::content::{Content, key_text};
use crate::folder::load::not_shared;
use crate::folder::save::merged::{Their, Theirs};
use crate::layout::manifest::{Entry, Manifest};
use crate::layout::name;
use crate::layout::own::{MANIFEST, SHARED_PICKLE};
use crate::os;
use crate::os::Stat;
use crate::os::dir::{Dir, DirId, Identity};
use crate::pickle::internal::{Carried, Fingerprint, Fingerprints};
use crate::pickle::{Document, Node, Writer};
use crate::store::commit::Commit;
use crate::store::commit::look_threads;
use crate::store::trust::Links;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result, parallel};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// See the file's first line.
pub(crate) struct Existing<'b> {
    dir: Option<&'b Dir>,
    pub(crate) dir_id: Option<DirId>,
    pub(crate) manifest: Option<&'b Manifest>,
    shared: Option<&'b [u8]>,
    budget: &'b Budget,
    document: OnceCell<Document<'b>>,
    /// The files of each variable.
    files: HashMap<&'b str, Vec<String>>,
    owned: HashSet<String>,
    /// The variables that the manifest says are in a file, once somebody asks.
    variables: OnceCell<HashMap<&'b str, Vec<&'b str>>>,
}

impl<'b> Existing<'b> {
    pub(crate) fn new(commit: &'b Commit, contents: &'b Contents) -> Result<Self> {
        let mut existing = Self {
            dir: commit.dir(),
            dir_id: commit.dir().map(Dir::id).transpose()?,
            manifest: contents.manifest.as_ref(),
            shared: contents.shared.as_deref(),
            budget: &contents.budget,
            document: OnceCell::new(),
            files: HashMap::new(),
            owned: HashSet::new(),
            variables: OnceCell::new(),
        };
        let mut all = Vec::new();
        let mut shared = SharedNodes::default();
        for (variable, entry) in existing.entries() {
            let mut files = entry.files.clone().unwrap_or_default();
            if entry.files.is_none() && entry.uses_placeholders == Some(true) {
                files.extend(existing.placeholders(variable, &mut shared)?.into_values());
            }
            if entry.filename != SHARED_PICKLE {
                files.push(entry.filename.clone());
            }
            all.push((variable, files));
        }
        existing.owned.extend(all.iter().flat_map(|(_, files)| files).cloned());
        existing.files.extend(all);
        if existing.manifest.is_some() {
            existing.owned.extend([MANIFEST.to_owned(), SHARED_PICKLE.to_owned()]);
        }
        Ok(existing)
    }

    /// The variables, in the manifest's order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'b str, &'b Entry)> + use<'b> {
        self.manifest.into_iter().flat_map(Manifest::iter)
    }

    /// What stands under a name.
    pub(crate) fn stat(&self, file: &str) -> Result<Option<Stat>> {
        self.dir.map_or(Ok(None), |dir| dir.stat(file))
    }

    /// What stands under these names.
    pub(crate) fn stat_all<'n>(
        &self,
        files: Vec<&'n str>,
        threads: usize,
    ) -> Result<HashMap<&'n str, Option<Stat>>> {
        let Some(dir) = self.dir else { return Ok(HashMap::new()) };
        let found = Mutex::new(HashMap::with_capacity(files.len()));
        parallel::for_each(look_threads(files.len(), threads), &files, |_, &file| {
            let stat = dir.stat(file)?;
            lock(&found).insert(file, stat);
            Ok(())
        })?;
        Ok(std::mem::take(&mut *lock(&found)))
    }

    /// Whether the manifest has the variable.
    pub(crate) fn has(&self, variable: &str) -> bool {
        self.entry(variable).is_some()
    }

    /// The variables that are in a file.
    pub(crate) fn variables_in(&self, file: &str) -> &[&'b str] {
        let by_file = || {
            let mut by_file = HashMap::<_, Vec<_>>::new();
            for (name, entry) in self.entries() {
                by_file.entry(entry.filename.as_str()).or_default().push(name);
            }
            by_file
        };
        self.variables.get_or_init(by_file).get(file).map_or(&[], Vec::as_slice)
    }

    /// The first of some names that the folder has.
    pub(crate) fn first<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Option<&'b str> {
        names.find_map(|name| Some(self.manifest?.get_key_value(name)?.0))
    }

    /// Whether the link under a name leads to this very file.
    pub(crate) fn leads_to(&self, link: &str, target: &Identity) -> Result<bool> {
        let opened = self.dir.map(|dir| dir.open_through(link, Links::Follow)).transpose()?;
        Ok(opened.is_some_and(|opened| target.is_still(&opened.seen.identity)))
    }

    /// The files of a variable, but the pickle that all share.
    pub(crate) fn files(&self, variable: &str) -> &[String] {
        self.files.get(variable).map_or(&[], Vec::as_slice)
    }

    /// The files of the arrays that were split off a variable: all but the one of its entry.
    pub(crate) fn arrays_beside(&self, variable: &str) -> impl Iterator<Item = &String> + Clone {
        let own = self.entry(variable).map(|entry| entry.filename.as_str());
        self.files(variable).iter().filter(move |file| Some(file.as_str()) != own)
    }

    /// Whether a file belongs to a variable, or to the folder itself.
    pub(crate) fn owns(&self, file: &str) -> bool {
        self.owned.contains(file)
    }

    /// Whether the folder has the pickle that its variables share.
    pub(crate) fn has_shared_pickle(&self) -> bool {
        self.shared.is_some()
    }

    /// Its bytes.
    pub(crate) fn shared_len(&self) -> usize {
        self.shared.map_or(0, <[u8]>::len)
    }

    /// Whether anything in it may be a placeholder.
    pub(crate) fn has_shared_placeholders(&self) -> bool {
        self.shared().is_ok_and(Document::names_placeholders)
    }

    /// Whether a file holds these very bytes; `found` is what stands under its name.
    pub(crate) fn holds(&self, file: &str, found: Option<&Stat>, bytes: &[u8]) -> Result<bool> {
        if file == SHARED_PICKLE {
            return Ok(self.shared == Some(bytes));
        }
        match (self.dir, found) {
            (Some(dir), Some(Stat { identity, .. })) if identity.size == bytes.len() as u64 => {
                Ok(dir.read_file(file, identity.size)?.0 == bytes)
            }
            _ => Ok(false),
        }
    }

    /// Whether a variable in a pickle is just what would be written of this value.
    pub(crate) fn holds_value(&self, variable: &str, content: &Content<'_>) -> Result<bool> {
        Ok(match self.part(variable, false, &mut SharedNodes::default())? {
            Some(Part::Whole { value: Some(value), .. }) => Mine::as_held(content)? == value,
            _ => false,
        })
    }

    /// Whether a file is just what would be written of an array.
    pub(crate) fn holds_array(&self, file: &str, array: &dyn ArraySource) -> Result<bool> {
        self.dir.map_or(Ok(false), |dir| compare::is_file_of(dir, file, array))
    }

    /// Carries a variable of the shared pickle over into the new one, as it is.
    pub(crate) fn carry<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        writer: &mut Writer,
    ) -> Result<()> {
        let root = self.shared().map_err(|error| error.with_variable(variable))?.root();
        let node = nodes.get(root, variable).ok_or_else(|| not_shared(variable, Some(root)));
        node.and_then(|node| writer.carry(node, &mut nodes.carried))
            .map_err(|error| error.with_variable(variable).with_path(self.path(SHARED_PICKLE)))
    }

    /// The same into a pickle of its own; `false` if it is lost, and nothing was written.
    pub(crate) fn carry_alone<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        writer: &mut Writer,
    ) -> Result<bool> {
        let Some(node) = nodes.get(self.shared()?.root(), variable) else { return Ok(false) };
        nodes.alone.begin_again();
        writer
            .carry(node, &mut nodes.alone)
            .map_err(|error| error.with_variable(variable).with_path(self.path(SHARED_PICKLE)))?;
        Ok(true)
    }

    /// Writes a variable as the folder has it, in whichever pickle. Gives whether Python sees a dictionary; `None` if
    /// it is lost, and nothing was written.
    pub(crate) fn copy<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        writer: &mut Writer,
    ) -> Result<Option<bool>> {
        self.with_node(variable, nodes, |node, _, _| {
            writer.carry(node, &mut Carried::default())?;
            Ok(node.kind_name() == "dict")
        })
    }

    /// The files that the items of a dictionary in a pickle have placeholders for, by the texts of their keys; none where
    /// the manifest says that it has none.
    pub(crate) fn placeholders<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
    ) -> Result<HashMap<String, String>> {
        let says_so = |entry: &&Entry| entry.uses_placeholders == Some(true);
        match self.entry(variable).filter(says_so) {
            Some(_) => self.placeholders_found(variable, nodes),
            None => Ok(HashMap::new()),
        }
    }

    /// The same whatever the manifest says, which a load does not ask either.
    pub(crate) fn placeholders_found<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
    ) -> Result<HashMap<String, String>> {
        let entry = self.entry(variable).filter(|entry| !entry.is_array());
        let Some(entry) = entry else { return Ok(HashMap::new()) };
        let files = self.look_into(variable, entry, nodes, |node, _, _| placeholders(node))?;
        Ok(files.unwrap_or_default()) // lost: only what has to be kept of it is an error
    }

    /// The manifest's entry of a variable.
    pub(crate) fn entry(&self, variable: &str) -> Option<&'b Entry> {
        self.manifest?.get(variable)
    }

    /// Gives a variable that is in a pickle to `look`; `None` if it is an array, or lost.
    fn with_node<'e, R>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        look: impl FnOnce(Node<'_>, &str, &mut Fingerprints) -> Result<R>,
    ) -> Result<Option<R>> {
        match self.entry(variable).filter(|entry| !entry.is_array()) {
            Some(entry) => self.look_into(variable, entry, nodes, look),
            None => Ok(None),
        }
    }

    /// Gives a variable that is in a pickle to `look`, with the file's name; `None` if that is lost, or the shared one
    /// lacks it.
    fn look_into<'e, R>(
        &'e self,
        variable: &str,
        entry: &Entry,
        nodes: &mut SharedNodes<'e>,
        look: impl FnOnce(Node<'_>, &str, &mut Fingerprints) -> Result<R>,
    ) -> Result<Option<R>> {
        let file = entry.filename.as_str();
        let located = |error: Error| error.with_variable(variable).with_path(self.path(file));
        if file == SHARED_PICKLE {
            if !self.has_shared_pickle() {
                return Ok(None);
            }
            let node = nodes.get(self.shared()?.root(), variable);
            let looked = node.map(|node| look(node, file, &mut nodes.fingerprints));
            return looked.transpose().map_err(located);
        }
        let Some(dir) = self.dir else { return Ok(None) };
        if dir.stat(file)?.is_none() {
            return Ok(None);
        }
        let (bytes, _) = dir.read_file(file, os::memory_size()).map_err(located)?;
        let document = Document::parse_in(&bytes, self.budget).map_err(located)?;
        look(document.root(), file, &mut Fingerprints::default()).map(Some).map_err(located)
    }

    /// What the folder holds of a variable. `by_item`: whether it counts as a dictionary.
    pub(crate) fn part<'e>(
        &'e self,
        variable: &str,
        by_item: bool,
        nodes: &mut SharedNodes<'e>,
    ) -> Result<Option<Part>> {
        self.with_node(variable, nodes, |node, file, fingerprints| {
            Ok(Part::of(node, file, by_item, fingerprints))
        })
    }

    /// The texts of a dictionary's keys; `None` if it is none.
    pub(crate) fn keys<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
    ) -> Result<Option<Vec<String>>> {
        let keys = self.with_node(variable, nodes, |node, _, _| {
            let keys = node.entries();
            Ok(keys.map(|keys| keys.map(|(key, _)| key.raw_name().into_owned()).collect()))
        })?;
        Ok(keys.flatten())
    }

    /// Whether a variable is in a pickle, and `is` that.
    pub(crate) fn is_value<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        is: impl Fn(Node<'_>) -> bool,
    ) -> Result<bool> {
        Ok(self.with_node(variable, nodes, |node, _, _| Ok(is(node)))?.unwrap_or(false))
    }

    /// The items of a dictionary that are wanted, by their keys.
    pub(crate) fn items<'e>(
        &'e self,
        variable: &str,
        nodes: &mut SharedNodes<'e>,
        is_wanted: &dyn Fn(Fingerprint) -> bool,
    ) -> Result<Theirs> {
        let theirs = self.with_node(variable, nodes, |node, _, fingerprints| {
            let (mut items, mut values) = (Vec::new(), Writer::new());
            let mut carried = Carried::default();
            values.begin_dict()?;
            for (key, node) in node.entries().into_iter().flatten() {
                let digest = fingerprints.of_key(key);
                if !is_wanted(digest) {
                    continue;
                }
                let number = items.len();
                values.key(&number)?;
                values.carry(node, &mut carried)?;
                let file = node.placeholder().map(str::to_owned);
                if let Some(file) = &file {
                    name::check_file(file)?;
                }
                let item = SeenItem::of(node, fingerprints);
                items.push(Their { key: key.to_value()?, digest, number, item, file });
            }
            values.end_dict()?;
            Ok(Theirs { items, values: values.finish()? })
        })?;
        Ok(theirs.unwrap_or_default()) // lost: there is nothing to keep
    }

    fn shared(&self) -> Result<&Document<'b>> {
        if let Some(document) = self.document.get() {
            return Ok(document);
        }
        let parse = |shared| Document::parse_in(shared, self.budget);
        let parsed = self.shared.map(parse).unwrap_or_else(|| {
            let message = "the pickle that the variables share is missing";
            Err(Error::msg(ErrorKind::NotFound, message))
        });
        let document = parsed.map_err(|error| error.with_path(self.path(SHARED_PICKLE)))?;
        Ok(self.document.get_or_init(|| document))
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.dir.map(|dir| dir.path().join(file)).unwrap_or_default()
    }
}

/// The arrays of a dictionary that are in files of their own: the text of the key -> file.
fn placeholders(dict: Node<'_>) -> Result<HashMap<String, String>> {
    let mut files = HashMap::new();
    for (key, value) in dict.entries().into_iter().flatten() {
        if let Some(file) = value.placeholder() {
            name::check_file(file)?;
            files.insert(key_text(&key.to_value()?).into_owned(), file.to_owned());
        }
    }
    Ok(files)
}
