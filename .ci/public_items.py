#!/usr/bin/env python3
"""The public items of the crates, as rustdoc shows them: what users may write, and so what is kept.

    .ci/public_items.py            compares them with docs/public-items.txt, after `cargo doc`
    .ci/public_items.py --write    writes that file

Methods, variants, fields and the traits that a type implements by itself count; what it has by dereference, and what every
type has, does not.
"""

import difflib
import html
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).parent.parent
LISTED = ROOT / "docs" / "public-items.txt"
CRATES = ["varpack_npy", "varpack_pickle", "varpack_derive", "varpack"]
OTHERS = {"npy", "pickle", "bytemuck", "half", "num_complex", "ndarray", "serde", "indexmap"}
PARTS = re.compile(r'id="(?:method|tymethod|variant|structfield|associatedconstant|associatedtype)\.(\w+)"')
IMPLEMENTED = re.compile(r'id="impl-([^"]+?)-for-[^"]*"')


def section(page, start):
    """From a heading to the next."""
    if start not in page:
        return ""
    return re.split(r"<h2 ", page.split(start, 1)[1], maxsplit=1)[0]


def unique(found):
    return sorted(set(found))


def parts(page, kind):
    if kind == "trait":
        return PARTS.findall(re.split(r'<h2 id="(?:foreign-impls|implementors)"', page)[0])
    declared = page.split('<h2 id="implementations"')[0].split('<h2 id="trait-implementations"')[0]
    return PARTS.findall(declared) + PARTS.findall(section(page, '<h2 id="implementations"'))


def traits(page):
    found = IMPLEMENTED.findall(section(page, '<h2 id="trait-implementations"'))
    return [html.unescape(urllib.parse.unquote_plus(name)) for name in found]


def items(crate):
    folder = ROOT / "target" / "doc" / crate
    listed = (folder / "all.html").read_text(encoding="utf-8")
    for link in unique(re.findall(r'<li><a href="((?:[^"#]*/)?\w+\.[^"#/]+\.html)"', listed)):
        # Other crates, and those of ours that stand by themselves above.
        if link.split("/")[0] in OTHERS:
            continue
        kind, name = re.match(r"(?:.*/)?(\w+)\.(.+)\.html$", link).groups()
        path = "::".join([crate, *link.split("/")[:-1], name])
        yield f"{kind} {path}"
        page = (folder / link).read_text(encoding="utf-8")
        for part in unique(parts(page, kind)):
            yield f"  {part}"
        for implemented in unique(traits(page)):
            yield f"  : {implemented}"


def main():
    found = [line for crate in CRATES for line in items(crate)]
    if sys.argv[1:] == ["--write"]:
        LISTED.write_text("\n".join(found) + "\n", encoding="utf-8")
        return
    kept = LISTED.read_text(encoding="utf-8").splitlines()
    changed = list(difflib.unified_diff(kept, found, str(LISTED.name), "cargo doc", lineterm="", n=2))
    if changed:
        print("\n".join(changed))
        sys.exit("the public items have changed: if that is meant, run `.ci/public_items.py --write` after `cargo doc`")
    print(f"{len(found)} public items and parts are as docs/public-items.txt has them")


main()
