//! Objects that Python makes, and what a typed read makes of them.

use crate::python::Python;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::fs;
use varpack::pickle::from_slice;

/// Pickles what a list of expressions makes, under every protocol: `odd_types` has the classes of these tests.
const MAKE: &str = "
import collections, json, pickle, sys
import numpy as np
from odd_types import *
for index, expression in enumerate(json.loads(sys.argv[2])):
    for protocol in range(6):
        pickle.dump(eval(expression), open(f'{sys.argv[1]}/{index}.{protocol}', 'wb'), protocol)
";

/// What is to be seen of the pickle of one expression: its name, its bytes.
type Check = Box<dyn Fn(&str, &[u8])>;

/// Python expressions, and what is to be seen of their pickles: under both NumPys and every protocol.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "closures have none")]
pub struct Cases(Vec<(&'static str, Check)>);

impl Cases {
    /// The expression is this value of `T`.
    pub fn reads<T>(&mut self, expression: &'static str, expected: &T)
    where
        T: DeserializeOwned + PartialEq + Debug + Clone + 'static,
    {
        let expected = expected.clone();
        self.check(expression, move |name, bytes| match from_slice::<T>(bytes) {
            Ok(value) => assert_eq!(value, expected, "{name}"),
            Err(error) => panic!("{name}: {error}"),
        });
    }

    /// The expression is no `T`: the error says this.
    pub fn refuses<T: DeserializeOwned + Debug>(
        &mut self,
        expression: &'static str,
        expected: &'static str,
    ) {
        self.check(expression, move |name, bytes| {
            let error = from_slice::<T>(bytes).expect_err(name);
            assert!(error.to_string().contains(expected), "{name}: {error}");
        });
    }

    /// Whatever else is to be seen of its pickles.
    pub fn check(&mut self, expression: &'static str, check: impl Fn(&str, &[u8]) + 'static) {
        self.0.push((expression, Box::new(check)));
    }

    /// Has Python make the pickles, all of one NumPy at once, and looks at each.
    ///
    /// # Panics
    /// If one is read otherwise.
    pub fn run(self) {
        let expressions: Vec<_> = self.0.iter().map(|(expression, _)| expression).collect();
        let expressions = serde_json::to_string(&expressions).unwrap();
        for python in Python::both() {
            let folder = tempfile::tempdir().unwrap();
            python.run(MAKE, [folder.path().as_os_str(), expressions.as_ref()]);
            for (index, (expression, check)) in self.0.iter().enumerate() {
                for protocol in 0..6 {
                    let bytes =
                        fs::read(folder.path().join(format!("{index}.{protocol}"))).unwrap();
                    check(
                        &format!("{expression} under {}, protocol {protocol}", python.name()),
                        &bytes,
                    );
                }
            }
        }
    }
}
