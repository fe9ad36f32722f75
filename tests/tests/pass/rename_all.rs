use varpack::Varpack;

macro_rules! rules {
    ($($name:ident $rule:literal)*) => {
        $(
            #[derive(Varpack)]
            #[varpack(rename_all = $rule)]
            struct $name {
                first_field: u64,
                r#type: u64,
                #[varpack(rename = "Kept_As-is")]
                renamed: u64,
                _underscored: u64,
            }
        )*
    };
}

rules! {
    Lower "lowercase"
    Upper "UPPERCASE"
    Pascal "PascalCase"
    Camel "camelCase"
    Snake "snake_case"
    ScreamingSnake "SCREAMING_SNAKE_CASE"
    Kebab "kebab-case"
    ScreamingKebab "SCREAMING-KEBAB-CASE"
}

fn main() {}
