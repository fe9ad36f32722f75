use varpack::NpyElement;

// What a macro takes as `ty` or `meta` reaches the derive in groups without delimiters.
macro_rules! record {
    ($name:ident, $above:meta, $ours:meta, $byte:ty; $($(#[varpack($attr:meta)])* $field:ident: $ty:ty),*) => {
        #[derive(NpyElement, Clone, Copy)]
        #[$above]
        #[varpack($ours)]
        struct $name {
            #[varpack(padding)]
            start: [$byte; 4],
            $($(#[varpack($attr)])* $field: $ty,)*
        }
    };
}

record! {
    Epoch, repr(C), ignore_serde, u8;
    #[varpack(rename = "loss so far")] loss: f32,
    #[varpack(padding)] between: [u8; 4],
    #[varpack(padding)] grouped: ([(u8); 4]),
    point: ([f32; 2])
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct InParentheses {
    loss: f32,
    #[varpack(padding)]
    padding: ([u8; 4]),
    step: (u64),
}

fn main() {}
