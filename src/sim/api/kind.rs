//! The type of a resource's objects, built in or defined by a CustomResourceDefinition, and the form that decoding into
//! it gives an object.

use crate::call::typed;
use crate::sim::resources::Resource;
use crate::sim::schema::{self, Type};
use crate::sim::{World, defaults, object};
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
    let name = of.qualified();
    let snapshot = world.store.snapshot();
    let crd = snapshot.find("apiextensions.k8s.io", "customresourcedefinitions", "", &name)?;
    let version = crd["spec"]["versions"].as_array()?.iter().find(|v| v["name"] == of.version.as_str())?;
    schema::compile(&version["schema"]["openAPIV3Schema"]).ok().map(Known::Custom)
}

/// Brings an object into the form that it has after decoding: no unknown and no empty fields.
pub(super) fn tidy(of: &Resource, ty: Option<&Known>, value: &mut Value) {
    if of.custom {
        if let Some(ty) = ty {
            schema::prune(ty.get(), value);
        }
    } else {
        typed::tidy(&of.api_version(), &of.kind, value);
    }
    object::tidy_metadata(value);
}

/// Fills in the defaults of a kind, and the fields that its type never leaves out.
pub(super) fn fill(of: &Resource, value: &mut Value) {
    if !of.custom {
        defaults::fill(&of.group, &of.kind, value);
        typed::complete(&of.api_version(), &of.kind, value);
    }
}
