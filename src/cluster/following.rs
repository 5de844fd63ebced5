//! A followed log of the embedded cluster as a streamed body: what the container prints is passed on when it prints
//! it, until the container ends or the reader leaves.

use crate::gate::{Body, streamed};
use crate::sim::node::FollowedLog;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

use super::realm::{News, Realm};
use super::waiting::Waiting;

/// How often a log is looked at while nothing is known to come: its clock may be moved.
const GLANCES: Duration = Duration::from_secs(1);

struct Following {
    realm: Arc<Realm>,
    log: FollowedLog,
    news: watch::Receiver<News>,
    /// The life of the cluster that it follows.
    life: u32,
    _waiting: Waiting,
}

/// Passes a log on.
pub(super) fn follow(realm: &Arc<Realm>, log: FollowedLog) -> Body {
    let news = realm.news_of((String::new(), "pods".to_owned()));
    let life = news.borrow().lives;
    let following = Following { realm: realm.clone(), log, news, life, _waiting: realm.wait() };
    streamed(following, Following::next)
}

impl Following {
    /// What is printed next; `None` where no more will come.
    async fn next(mut self) -> Option<(Bytes, Following)> {
        loop {
            let News { closed, lives, .. } = *self.news.borrow_and_update();
            if lives != self.life {
                return None;
            }
            if self.log.is_ended() {
                return None;
            }
            let text = self.realm.look(|world, now| self.log.read(world, now));
            if !text.is_empty() {
                return Some((Bytes::from(text), self));
            }
            if closed || self.log.is_ended() {
                return None;
            }
            let next = self.realm.look(|world, now| Some(self.log.next(world, now)?.since(now)));
            let pause = next.unwrap_or(GLANCES).min(GLANCES);
            // That it takes longer is no error: the next line is due, or is looked for.
            tokio::time::timeout(pause, self.news.changed()).await.ok();
        }
    }
}
