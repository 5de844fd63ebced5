//! The YAML that people write: its model, parsed with places, and what is wrong with it.
