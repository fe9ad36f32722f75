//! Runnable examples of varpack: see the `examples` folder of this package.
