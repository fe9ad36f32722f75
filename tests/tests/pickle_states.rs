//! Objects that are given their state twice: Python's own pickler in Python writes that of what its constructor's
//! arguments lead back to.

use std::fs;
use std::time::{Duration, Instant};
use varpack::pickle::{Document, Value, to_vec};
use varpack::{LoadOptions, Pack, Varpack};
use varpack_tests::python::Python;

/// A tree pickled from its child. What `STATE` is, is made anew each time it is asked for.
const TREE: &str = r#"
import json, pickle, sys

class Node:
    def __init__(self, parent, name):
        self.parent, self.name, self.children = parent, name, []
        self.pos = (1.5, [1 << 70, "text" * 100, b"bytes"])
    def __reduce__(self):
        return Node, (self.parent, self.name), self.state()
    def state(self):
        return STATE
    def __setstate__(self, state):
        self.__dict__.update(state[1] if isinstance(state, tuple) else state)

class Set(Node):
    def __reduce__(self):
        return Set, (self.parent, self.name), self.state(), None, None, set_state

def set_state(node, state):
    node.__setstate__(state)

def check(kid):
    root = kid.parent
    assert root.children == [kid] and kid.children == [] and root.parent is None
    assert (root.name, kid.name) == ("root", "kid")
    assert kid.pos == root.pos == (1.5, [1 << 70, "text" * 100, b"bytes"])

folder, action = sys.argv[1:3]
if action == "make":
    for protocol in range(6):
        values = {}
        for kind in (Node, Set):
            root = kind(None, "root")
            kid = kind(root, "kid")
            root.children.append(kid)
            values[kind.__name__] = kid
        values["step"] = 7
        data = pickle._dumps(values, protocol)
        for kid in list(pickle.loads(data).values())[:2]:
            check(kid)
        open(f"{folder}/{protocol}.pickle", "wb").write(data)
else:
    values = pickle.load(open(f"{folder}/__misc_vars__.pickle", "rb"))
    check(values["Node"]), check(values["Set"])
    assert values["step"] == 8
"#;

/// What a state may be made of.
const STATES: [&str; 5] = [
    "{'children': self.children}",
    "self.__dict__",
    "self.__dict__.copy()",
    "(None, dict(children=self.children, pos=(1.5, [1 << 70, 'text' * 100, b'bytes'])))",
    "{'children': self.children, 'type': type(self), 'none': [None, True, -1, {}, ()]}",
];

#[derive(Varpack)]
struct Counter {
    step: i64,
}

#[test]
fn object_whose_state_python_wrote_twice_is_read_and_carried() {
    for python in Python::both() {
        for state in STATES {
            let tree = TREE.replace("STATE", state);
            let parent = tempfile::tempdir().unwrap();
            let made = parent.path().to_str().unwrap();
            python.run(tree.as_str(), [made, "make"]);
            for protocol in 0..=5 {
                let pickle = fs::read(parent.path().join(format!("{protocol}.pickle"))).unwrap();
                Document::parse(&pickle).unwrap();
                let folder = parent.path().join(format!("run{protocol}"));
                Counter { step: 7 }.save(&folder).unwrap();
                let entry = r#"{"size": 1, "filename": "__misc_vars__.pickle"}"#;
                let manifest = format!(r#"{{"Node": {entry}, "Set": {entry}, "step": {entry}}}"#);
                fs::write(folder.join("varpack.json"), manifest).unwrap();
                fs::write(folder.join("__misc_vars__.pickle"), pickle).unwrap();
                Pack::open(&folder).unwrap();
                let mut counter = Counter::load_with(&folder, &LoadOptions::new()).unwrap();
                counter.step = 8;
                counter.save().unwrap();
                python.run(tree.as_str(), [folder.to_str().unwrap(), "check"]);
            }
        }
    }
}

#[test]
fn state_that_is_given_twice_is_given_once() {
    // A dict from the memo, one made anew, and the same of a state setter.
    for pickle in [
        &b"cm\nC\n)\x81}\x94\x8c\x01aK\x01sbh\0b."[..],
        b"cm\nC\n)\x81}\x8c\x01aK\x01sb}\x8c\x01aK\x01sb.",
    ] {
        let value = Value::from_slice(pickle).unwrap();
        let once = Value::from_slice(b"cm\nC\n)\x81}\x8c\x01aK\x01sb.").unwrap();
        assert_eq!(value, once);
        assert_eq!(Value::from_slice(&to_vec(&value).unwrap()).unwrap(), once);
    }
}

#[test]
fn second_state_that_is_another_is_refused() {
    for (first, second) in [
        (&b"N"[..], &b"K\x01"[..]),
        (b"K\x01", b"\x88"),
        (b"}\x8c\x01aK\x01s", b"}\x8c\x01aK\x02s"),
        (b"}\x8c\x01aK\x01s", b"}"),
        (b"]K\x01a", b"K\x01\x85"),
        (b"\x8c\x01a", b"C\x01a"),
    ] {
        let pickle = [b"cm\nC\n)\x81", first, b"b", second, b"b."].concat();
        let error = Value::from_slice(&pickle).unwrap_err();
        assert!(error.to_string().contains("has another state already"), "{error}");
    }
}

/// A state that is compared with itself, of which little text makes much: forty levels of two references each.
#[test]
fn states_that_expand_without_end_are_compared_in_proportion() {
    let bomb = |memo: u8| {
        let mut bytes = b"]".to_vec();
        bytes.extend([b'q', memo]);
        for level in 1..40 {
            let [last, this] = [memo + level - 1, memo + level];
            bytes.extend([b']', b'q', this, b'(', b'h', last, b'h', last, b'e']);
        }
        bytes
    };
    let pickle = [b"\x80\x02cm\nC\n)\x81", &bomb(0)[..], b"b", &bomb(100), b"b."].concat();
    let start = Instant::now();
    assert!(Document::parse(&pickle).is_err());
    assert!(start.elapsed() < Duration::from_secs(5));
}
