//! The type of a resource's objects, built in or defined by a CustomResourceDefinition, and the form that decoding into
//! it gives an object.

use crate::call::typed;
use crate::sim::convert::autoscaler;
use crate::sim::resources::Resource;
use crate::sim::schema::{self, Type};
use crate::sim::{World, custom, defaults, object};
use serde_json::Value;
use std::sync::Arc;

/// The type of a kind.
pub(super) enum Known {
    /// A kind of Kubernetes itself.
    BuiltIn(&'static Type),
    /// A custom kind.
    Custom(Arc<Type>),
}

impl Known {
    /// The type itself.
    pub(super) fn get(&self) -> &Type {
        match self {
            Known::BuiltIn(ty) => ty,
            Known::Custom(ty) => ty,
        }
    }
}

/// The type of a resource; `None` where its definition has no readable schema.
pub(super) fn of(world: &World, of: &Resource) -> Option<Known> {
    if !of.custom {
        return schema::of(&of.group, &of.version, &of.kind).map(Known::BuiltIn);
    }
    world.definitions.of(of)?.1.ty.clone().map(Known::Custom)
}

/// Brings an object into the form that it has after decoding: no unknown and no empty fields, and where its kind is
/// custom with the defaults of its schema.
pub(super) fn tidy(world: &World, of: &Resource, value: &mut Value) {
    if let Some((_, version)) = world.definitions.of(of).filter(|_| of.custom && value["kind"] == of.kind) {
        custom::prune_nulls(Some(version.schema()), value);
    }
    tidy_applied(world, of, value);
}

/// The same of an object that an apply made, which is not decoded: a null where none may be stays, to be refused.
pub(super) fn tidy_applied(world: &World, of: &Resource, value: &mut Value) {
    // No entry at all says the same as an empty one: that all are to be forgotten.
    if value["metadata"]["managedFields"].as_array().is_some_and(Vec::is_empty) {
        value["metadata"]["managedFields"] = serde_json::json!([{}]);
    }
    if !of.custom {
        typed::tidy(&of.api_version(), &of.kind, value);
        return object::tidy_metadata(value);
    }
    if let Some((_, version)) = world.definitions.of(of).filter(|_| value["kind"] == of.kind) {
        let schema = version.schema();
        custom::prune(schema, value);
        custom::numbers(value);
        custom::default(schema, value);
    }
    // Its metadata is decoded as that of every object.
    let mut metadata = serde_json::json!({"metadata": value["metadata"]});
    typed::tidy("v1", "ConfigMap", &mut metadata);
    value["metadata"] = metadata["metadata"].take();
    object::tidy_metadata(value);
}

/// Fills in the defaults of a kind, and the fields that its type never leaves out.
pub(super) fn fill(of: &Resource, value: &mut Value) {
    if !of.custom {
        defaults::fill(&of.group, &of.kind, value);
        typed::complete(&of.api_version(), &of.kind, value);
        if of.kind == "HorizontalPodAutoscaler" {
            autoscaler::reread(value);
        }
    }
}
