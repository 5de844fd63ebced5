//! A call to a resource, with what its path turned out to mean: what every answer is made from.

use super::definition;
use super::retold::{self, Empties};
use super::webhook::Hooks;
use crate::call::{Call, ResourcePath};
use crate::clock::Moment;
use crate::sim::access::User;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::{World, addresses, convert, validation};
use crate::snapshot::{Key, Object, Stored};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// One call to a resource, with what its path turned out to mean.
pub(in crate::sim) struct Asked<'a> {
    pub(super) call: &'a Call,
    pub(super) at: &'a ResourcePath,
    pub(super) of: Arc<Resource>,
    pub(super) now: Moment,
    /// The printer columns of a custom resource.
    pub(super) columns: Arc<[Value]>,
    pub(super) hooks: &'a Hooks<'a>,
    /// Who asks.
    pub(super) user: &'a User,
    /// Texts that the answer carries as warnings.
    pub(super) warnings: &'a RefCell<Vec<String>>,
    /// Where what was sent has empty lists and maps, which are nothing but for messages that show them.
    pub(super) empties: &'a RefCell<Empties>,
}

impl Asked<'_> {
    /// Adds a warning to the answer.
    pub(super) fn warn(&self, text: String) {
        self.warn_of(vec![text]);
    }

    /// Adds warnings to the answer, each text once.
    pub(super) fn warn_of(&self, texts: Vec<String>) {
        let mut told = self.warnings.borrow_mut();
        for text in texts {
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }

    /// The namespace of the path; empty for cluster-scoped resources and for collections over all namespaces.
    pub(super) fn namespace(&self) -> &str {
        self.at.namespace.as_deref().unwrap_or_default()
    }

    /// The object name of the path; empty for collections.
    pub(super) fn name(&self) -> &str {
        self.at.name.as_deref().unwrap_or_default()
    }

    /// The key of an object of this resource in the namespace of the path.
    pub(super) fn key(&self, name: &str) -> Key {
        Key::new(self.of.storage_group(), &self.of.plural, self.namespace(), name)
    }

    /// What is stored under the path.
    pub(super) fn stored<'w>(&self, world: &'w World) -> Option<&'w Stored> {
        let of = &self.of;
        world.store.snapshot().find_stored(of.storage_group(), &of.plural, self.namespace(), self.name())
    }

    /// Refuses a name that cannot be one step of a path: nothing is stored under it.
    pub(super) fn has_path_segment(&self) -> Result<(), Refusal> {
        match validation::path_segment(self.name()) {
            wrong if wrong.is_empty() => Ok(()),
            wrong => {
                let why = format!("Name parameter invalid: {:?}: {}", self.name(), wrong.join(";"));
                Err(Refusal::bad_request(why))
            }
        }
    }

    /// The object that the path names.
    pub(super) fn object(&self, world: &World) -> Result<Object, Refusal> {
        self.has_path_segment()?;
        let found = self.stored(world).map(Stored::object).cloned();
        let found = found.ok_or_else(|| Refusal::not_found(&self.of, self.name()))?;
        Ok(convert::to_version(&self.of, definition::read(world, &self.of, found)))
    }

    /// An object as it comes back from storage, where it has not been put.
    pub(super) fn as_stored(&self, object: Value) -> Object {
        match self.of.custom {
            true => Arc::new(object),
            false => convert::to_version(&self.of, Arc::new(convert::to_storage(&self.of, object))),
        }
    }

    /// Stores an object of this resource and gives it back in the version of the request.
    pub(super) fn store(&self, world: &mut World, name: &str, mut object: Value) -> Object {
        definition::to_storage(world, &self.of, &mut object);
        retold::hold_certificates(self, &mut object);
        let object = convert::to_storage(&self.of, object);
        let stored = addresses::put(world, self.key(name), object, self.now);
        convert::to_version(&self.of, definition::read(world, &self.of, stored))
    }
}
