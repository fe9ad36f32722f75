//! Structs whose fields are saved and loaded by hand, for what the derive does not let through.

/// Implements [`SaveFields`](varpack::SaveFields) and [`PackFields`](varpack::PackFields) with one call a field in each direction.
#[macro_export]
macro_rules! fields_by_hand {
    ($name:ident { $($field:ident: $method:ident),* }) => {
        impl varpack::SaveFields for $name {
            fn write_fields<'a>(
                &'a self,
                writer: &mut varpack::PackWriter<'a>,
            ) -> varpack::Result<()> {
                $(writer.field(stringify!($field)).$method(&self.$field)?;)*
                Ok(())
            }
        }

        impl varpack::PackFields for $name {
            fn read_fields(reader: &mut varpack::PackReader<'_>) -> varpack::Result<Self> {
                Ok(Self { $($field: reader.field(stringify!($field)).$method()?,)* })
            }
        }
    };
}
