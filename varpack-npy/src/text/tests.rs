use super::*;

#[test]
fn what_a_terminal_obeys_or_hides_is_escaped_and_what_it_prints_is_not() {
    for (text, expected) in [
        ("\u{1b}[31m\r\nx\t\0", r"\u{1b}[31m\r\nx\t\0"),
        ("a\u{202e}b\u{2066}\u{200f}\u{feff}", r"a\u{202e}b\u{2066}\u{200f}\u{feff}"),
        (
            "\u{85}\u{9b}\u{2028}\u{2029}\u{ad}\u{e0041}",
            r"\u{85}\u{9b}\u{2028}\u{2029}\u{ad}\u{e0041}",
        ),
        ("größe 名前 'a' \"b\" \\n e\u{301} 🦀", "größe 名前 'a' \"b\" \\n e\u{301} 🦀"),
    ] {
        assert_eq!(shown(text).to_string(), expected);
    }
}

#[test]
fn long_text_is_cut_between_characters_and_its_bytes_are_counted() {
    let text = "ä".repeat(100_000);
    let cut = format!("{}… (200000 bytes)", "ä".repeat(LONGEST / 2));
    assert_eq!(shown(&text).to_string(), cut);
    assert_eq!(bounded(text.clone()), cut);
    assert_eq!(bounded_display(&text), cut);
    assert_eq!(bounded_name(&text), format!("{}… (200000 bytes)", "ä".repeat(127)));
    let escapes = shown(&"\u{1b}".repeat(100_000)).to_string();
    assert!(escapes.len() <= LONGEST + 20 && escapes.ends_with("… (100000 bytes)"));
    assert_eq!(bounded("short"), "short");
}

#[test]
fn debug_form_is_not_made_beyond_its_limit() {
    struct Endless(std::cell::Cell<usize>);
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            debug_within(f, 100, |out| {
                loop {
                    self.0.set(self.0.get() + 1);
                    out.write_str("0123456789")?;
                }
            })
        }
    }
    let endless = Endless(std::cell::Cell::new(0));
    assert_eq!(format!("{endless:?}"), format!("{}…", "0123456789".repeat(10)));
    assert_eq!(endless.0.get(), 11);
}
