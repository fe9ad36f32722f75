use super::Case;

#[test]
fn rules_give_the_names_that_serde_gives() {
    // From serde_derive's own table of field names.
    for (field, upper, pascal, camel, kebab, screaming_kebab) in [
        ("outcome", "OUTCOME", "Outcome", "outcome", "outcome", "OUTCOME"),
        ("very_tasty", "VERY_TASTY", "VeryTasty", "veryTasty", "very-tasty", "VERY-TASTY"),
        ("a", "A", "A", "a", "a", "A"),
        ("z42", "Z42", "Z42", "z42", "z42", "Z42"),
    ] {
        assert_eq!(Case::Lower.apply(field), field);
        assert_eq!(Case::Snake.apply(field), field);
        assert_eq!(Case::Upper.apply(field), upper);
        assert_eq!(Case::ScreamingSnake.apply(field), upper);
        assert_eq!(Case::Pascal.apply(field), pascal);
        assert_eq!(Case::Camel.apply(field), camel);
        assert_eq!(Case::Kebab.apply(field), kebab);
        assert_eq!(Case::ScreamingKebab.apply(field), screaming_kebab);
    }
}

#[test]
fn names_are_those_that_the_rules_are_found_by() {
    assert!(Case::names().iter().all(|name| Case::from_name(name).is_some()));
}
