use varpack::npy::Element;

fn dtype_of<T: Element>(_: &[T]) {}

fn main() {
    dtype_of(&[String::new()]);
}
