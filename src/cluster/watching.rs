//! A watch on the embedded cluster as a streamed body. Nothing is queued for a reader: it has a cursor in the log of
//! changes, which is read on when it has taken what came before.

use crate::call::{Call, Reply};
use crate::gate::{Body, streamed};
use crate::sim::Watch;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

use super::realm::{News, Realm};
use super::waiting::Waiting;

/// How long a watch lasts that names no time: kube-apiserver draws from half an hour to an hour.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How often a quiet watch that wants bookmarks gets one, as with kube-apiserver.
const BOOKMARKS: Duration = Duration::from_secs(60);

/// How many bytes of events are made at a time.
const PIECE: usize = 64 * 1024;

struct Following {
    realm: Arc<Realm>,
    cursor: Watch,
    news: watch::Receiver<News>,
    /// The life of the cluster that it follows.
    life: u32,
    until: Instant,
    _waiting: Waiting,
}

/// Begins a watch: its events, and the answer without them; the refusal where it cannot be had.
pub(super) fn follow(realm: &Arc<Realm>, call: &Call) -> Result<(Body, Reply), Reply> {
    let (cursor, news) = realm.look(|world, now| {
        let cursor = world.watch(call, now)?;
        let news = realm.news_of(cursor.collection());
        Ok((cursor, news))
    })?;
    let head = Reply { warnings: cursor.warnings().to_vec(), ..Reply::raw(200, cursor.media(), "") };
    // Real time, whatever the drill's clock shows: it is the client that waits.
    let until = Instant::now() + cursor.timeout().unwrap_or(LONGEST);
    let life = news.borrow().lives;
    let following = Following { realm: realm.clone(), cursor, news, life, until, _waiting: realm.wait() };
    Ok((streamed(following, Following::next), head))
}

impl Following {
    /// The next events, as soon as there are any; `None` where the watch ends.
    async fn next(mut self) -> Option<(Bytes, Following)> {
        let mark = Instant::now() + BOOKMARKS;
        loop {
            let News { closed, lives, .. } = *self.news.borrow_and_update();
            if lives != self.life {
                return None;
            }
            let mut lines = Vec::new();
            self.realm.look(|world, now| self.cursor.write(world, now, PIECE, &mut lines));
            if !lines.is_empty() {
                return Some((Bytes::from(lines), self));
            }
            if closed || self.cursor.is_ended() {
                return None;
            }
            if Instant::now() >= mark
                && let Some(bookmark) = self.cursor.bookmark_now(self.realm.clock.now())
            {
                return Some((Bytes::from(format!("{bookmark}\n")), self));
            }
            let pause = if Instant::now() < mark { self.until.min(mark) } else { self.until };
            match tokio::time::timeout_at(pause, self.news.changed()).await {
                Ok(changed) => changed.ok()?,
                Err(_) if Instant::now() >= self.until => return None,
                Err(_) => {}
            }
        }
    }
}
