use varpack::Varpack;

#[derive(serde::Serialize, Default)]
struct OnlySaved;

#[derive(serde::Deserialize, Default)]
struct OnlyLoaded;

#[derive(Varpack)]
struct Run<T> {
    #[varpack(skip_load)]
    saved: OnlySaved,
    #[varpack(skip_save)]
    loaded: OnlyLoaded,
    #[varpack(skip_load)]
    generic: T,
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Run<OnlySaved>>();
}
