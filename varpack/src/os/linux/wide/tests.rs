use super::*;
use crate::os::FileSystem;
use crate::os::testing::MACHINE;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

#[test]
fn long_calls_say_the_same_as_short_ones() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::write(path("file"), "content").unwrap();
    fs::hard_link(path("file"), path("other name")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    symlink("nothing", path("link")).unwrap();
    nix::unistd::mkfifo(&path("fifo"), Mode::from_bits_truncate(0o640)).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    let dir = MACHINE.open_folder(root.path()).unwrap();
    let mut names = list(&dir, 10).unwrap();
    let all = MACHINE.list(&dir, 10).unwrap();
    assert_eq!((list(&dir, 2).unwrap().len(), all.len()), (2, 6));
    names.sort();
    for name in names.iter().map(|name| name.to_str().unwrap()) {
        assert!(all.iter().any(|found| found == name), "{name}");
        let (short, long) = (MACHINE.stat(&dir, name), stat(&dir, name));
        assert_eq!(format!("{:?}", long.unwrap()), format!("{:?}", short.unwrap()), "{name}");
    }
    for file in [dir, Handle::new(File::open(path("file")).unwrap())] {
        let (short, long) = (MACHINE.stat_open(&file), stat_open(&file));
        assert_eq!(format!("{:?}", long.unwrap()), format!("{:?}", short.unwrap()));
    }
    let dir = MACHINE.open_folder(root.path()).unwrap();
    assert_eq!(stat(&dir, "none").unwrap_err().kind(), io::ErrorKind::NotFound);
}
