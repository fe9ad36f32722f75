use varpack::NpyElement;

#[derive(Clone, Copy)]
#[repr(C)]
struct Position {
    x: f32,
    y: f32,
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Particle {
    position: Position,
    mass: f32,
}

fn main() {}
