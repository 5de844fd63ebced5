//! How events are correlated before they are sent, as client-go's recorders do it: the same again is counted up,
//! similar ones are combined from the tenth on, and what one source says of one object too often is not sent. Owns
//! what the recorders keep in mind; what an event says is `event`'s matter.

use super::event::{Event, Record};
use crate::clock::Moment;
use imbl::OrdMap;
use std::sync::Arc;
use std::time::Duration;

/// So many different messages of one reason about one object are kept apart, of those that came no longer than
/// [`GATHERING`] after each other.
const SIMILAR: usize = 10;
const GATHERING: Duration = Duration::from_secs(600);
/// How the message of combined events begins.
const COMBINED: &str = "(combined from similar events)";
/// So many events about one object a source sends in a row, then one for every [`REFILL`].
const BURST: f64 = 25.0;
const REFILL: Duration = Duration::from_secs(300);
/// So much is kept in mind of each sort; then a quarter of it, the oldest, is forgotten.
const MOST: usize = 4096;

type Key = Arc<str>;

/// What recorders keep in mind. Copying it costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Correlator {
    /// When each event was last told, sent or not.
    told: OrdMap<Key, Moment>,
    sent: OrdMap<Key, Sent>,
    similar: OrdMap<Key, Similar>,
    budgets: OrdMap<Key, Budget>,
    /// The last nanosecond that names an event.
    named: u64,
}

/// What was sent under one name.
#[derive(Clone, Debug)]
struct Sent {
    name: String,
    count: i64,
    first: Moment,
    last: Moment,
}

/// The messages that are kept apart.
#[derive(Clone, Debug)]
struct Similar {
    messages: Vec<String>,
    last: Moment,
}

/// What one source may still send about one object.
#[derive(Clone, Copy, Debug)]
struct Budget {
    left: f64,
    last: Moment,
}

impl Correlator {
    /// When an event was last told, sent or not.
    pub(crate) fn told(&self, event: &Event) -> Option<Moment> {
        self.told.get(&*key(event, Some(&event.message))).copied()
    }

    /// What is to be sent of an event; `None` where nothing is. What is recorded in `events.k8s.io` is kept apart by the
    /// version of its object, and so is never the same again.
    pub(crate) fn record(&mut self, mut event: Event, now: Moment) -> Option<Record> {
        let single = key(&event, Some(&event.message));
        self.told.insert(single.clone(), now);
        if event.action.is_some() {
            let name = self.name(&event, now);
            self.forget();
            return Some(Record { event, name, count: 1, first: now, last: now });
        }
        let kind = key(&event, None);
        let key = if self.crowded(&kind, &event.message, now) {
            event.message = format!("{COMBINED}: {}", event.message);
            kind
        } else {
            single
        };
        let before = self.sent.get(&key).cloned();
        let (name, first, count) = match before {
            Some(sent) => (sent.name, sent.first, sent.count + 1),
            None => (self.name(&event, now), now, 1),
        };
        self.sent.insert(key, Sent { name: name.clone(), count, first, last: now });
        let affordable = self.pay(&event, now);
        self.forget();
        affordable.then_some(Record { event, name, count, first, last: now })
    }

    /// Whether so many similar events came lately that this one is combined with them.
    fn crowded(&mut self, kind: &Key, message: &str, now: Moment) -> bool {
        let held = self.similar.get(kind).filter(|held| now.since(held.last) <= GATHERING);
        let mut messages = held.map(|held| held.messages.clone()).unwrap_or_default();
        if !messages.iter().any(|held| held == message) {
            messages.push(message.to_owned());
        }
        let crowded = messages.len() >= SIMILAR;
        if crowded {
            messages.remove(0);
        }
        self.similar.insert(kind.clone(), Similar { messages, last: now });
        crowded
    }

    /// Whether its source may still send an event about its object.
    fn pay(&mut self, event: &Event, now: Moment) -> bool {
        let key = event.source().into();
        let left = self.budgets.get(&key).map_or(BURST, |held| {
            (held.left + now.since(held.last).as_secs_f64() / REFILL.as_secs_f64()).min(BURST)
        });
        let affordable = left >= 1.0;
        let left = if affordable { left - 1.0 } else { left };
        self.budgets.insert(key, Budget { left, last: now });
        affordable
    }

    /// `web-0.18a5…`: the object and the nanoseconds since the epoch, as client-go names events, so that the events of
    /// an object are listed in the order in which they came. A clock that stands still is helped on.
    fn name(&mut self, event: &Event, now: Moment) -> String {
        let nanos = u64::try_from(now.as_micros()).unwrap_or_default().saturating_mul(1000);
        self.named = nanos.max(self.named.saturating_add(1));
        event.named(self.named)
    }

    fn forget(&mut self) {
        oldest_out(&mut self.told, |at| *at);
        oldest_out(&mut self.sent, |sent| sent.last);
        oldest_out(&mut self.similar, |held| held.last);
        oldest_out(&mut self.budgets, |held| held.last);
    }
}

/// What makes events the same; without a message, what makes them similar.
fn key(event: &Event, message: Option<&str>) -> Key {
    let about = event.source();
    let place = event.about.get("fieldPath").and_then(serde_json::Value::as_str).unwrap_or_default();
    match message {
        Some(message) => format!("{about}\n{}\n{}\n{place}\n{message}", event.kind, event.reason).into(),
        None => format!("{about}\n{}\n{}", event.kind, event.reason).into(),
    }
}

/// Keeps a collection below [`MOST`].
fn oldest_out<T: Clone>(all: &mut OrdMap<Key, T>, last: impl Fn(&T) -> Moment) {
    if all.len() <= MOST {
        return;
    }
    let mut ages: Vec<(Moment, Key)> = all.iter().map(|(key, held)| (last(held), key.clone())).collect();
    ages.sort();
    for (_, key) in ages.into_iter().take(MOST / 4) {
        all.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(message: &str) -> Event {
        let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "p", "name": "web-0", "uid": "u"}});
        Event::normal("kubelet", &pod, "Said", message.to_owned())
    }

    /// What is sent of these messages, told one after another, `apart` from each other.
    fn sent(messages: &[String], apart: Duration) -> Vec<String> {
        let mut correlator = Correlator::default();
        let mut now = Moment::parse("2026-11-22T11:26:43Z").expect("a time");
        let mut sent = Vec::new();
        for message in messages {
            if let Some(record) = correlator.record(event(message), now) {
                sent.push(format!("{} {} x{}", record.name, record.event.message, record.count));
            }
            now = now.after(apart);
        }
        sent
    }

    #[test]
    fn events_of_an_object_are_named_in_the_order_in_which_they_came() {
        let messages = ["c", "b", "c", "a"].map(str::to_owned);
        let still = sent(&messages, Duration::ZERO);
        let expected = [
            "web-0.18ea5a67b972be00 c x1",
            "web-0.18ea5a67b972be01 b x1",
            "web-0.18ea5a67b972be00 c x2",
            "web-0.18ea5a67b972be02 a x1",
        ];
        assert_eq!(still, expected);
        let mut names = sent(&["c", "b", "a"].map(str::to_owned), Duration::from_secs(1));
        assert!(names.is_sorted());
        names.dedup();
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn similar_events_are_combined_from_the_tenth_on() {
        let messages: Vec<String> = (10..22).map(|at| at.to_string()).collect();
        let told = sent(&messages, Duration::from_secs(1));
        assert_eq!(told.len(), 12);
        assert!(told[8].ends_with(" 18 x1"), "{}", told[8]);
        assert!(told[9].ends_with(" (combined from similar events): 19 x1"), "{}", told[9]);
        assert!(told[11].ends_with(" (combined from similar events): 21 x3"), "{}", told[11]);
    }

    #[test]
    fn similar_events_that_come_rarely_are_kept_apart() {
        let messages: Vec<String> = (10..30).map(|at| at.to_string()).collect();
        let told = sent(&messages, GATHERING + Duration::from_secs(1));
        assert!(told.iter().all(|told| told.ends_with(" x1") && !told.contains(COMBINED)), "{told:?}");
    }

    #[test]
    fn an_event_that_comes_too_often_is_sent_no_more_until_there_is_room_for_it() {
        let same = vec!["again".to_owned(); 30];
        assert_eq!(sent(&same, Duration::ZERO).len(), 25);
        let slow = sent(&vec!["again".to_owned(); 64], Duration::from_secs(10));
        // Twenty-five at first, and one more in every five minutes; what was not sent is counted all the same.
        assert_eq!(slow.len(), 27);
        assert!(slow[26].ends_with(" again x61"), "{}", slow[26]);
    }

    #[test]
    fn what_is_kept_in_mind_does_not_grow_without_bound() {
        let mut correlator = Correlator::default();
        for at in 0..3 * MOST {
            correlator.record(event(&at.to_string()), Moment::from_micros(i64::try_from(at).expect("small")));
        }
        assert!(correlator.told.len() <= MOST && correlator.sent.len() <= MOST);
    }
}
