//! Which scenario a section is about, told by words: those of the section against those of the scenario's title, family,
//! story and messages, where rare words weigh more than common ones, and by the phrases in which people speak of it.

use super::words::{even, weigh};
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// A scenario for a section, and the words that speak for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Which of the scenarios.
    pub scenario: usize,
    /// The phrases and words, the weightiest first.
    pub because: Vec<String>,
    /// Whether the heading itself speaks of it: with a phrase, a message or its name.
    pub headed: bool,
    /// Whether a phrase, a message or its name speaks for it, and not only words.
    pub spoken: bool,
}

/// How much must speak for a scenario, and how much where nothing does but words, and how many of them.
const ENOUGH: f64 = 0.16;
const ENOUGH_WORDS: f64 = 0.2;
const SHARED: usize = 3;

/// What it adds that a message of the scenario stands in the section, or that message or every word of its name in the
/// heading.
const SAID: f64 = 0.25;
const NAMED: f64 = 0.15;
/// What each phrase of the scenario adds that stands in the heading, in the section, or above it, and how much at most.
const PHRASE: [f64; 3] = [0.30, 0.12, 0.05];
const PHRASES: f64 = 0.45;
/// What it adds that one stands in quotes in the heading: that is what somebody was told.
const QUOTED: f64 = 0.15;
/// What it adds that the heading begins with one: what comes behind it is the cause.
const LEADS: f64 = 0.1;
/// From how much of it on something is said outright: a message, or a phrase in the heading.
const OUTRIGHT: f64 = 0.25;
/// What it adds for each step of difficulty below the highest.
const COMMON: f64 = 0.015;

/// The scenarios, read once.
#[derive(Clone, Debug)]
pub struct Index {
    scenarios: Vec<BTreeMap<String, f64>>,
    /// The words of each name.
    names: Vec<BTreeMap<String, f64>>,
    /// What each has for being well known.
    commonness: Vec<f64>,
    messages: Vec<Vec<String>>,
    phrases: Vec<Vec<String>>,
    rarity: BTreeMap<String, f64>,
}

impl Index {
    /// Of these scenarios.
    pub fn of<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Index {
        let (mut bags, mut names, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        let (mut commonness, mut phrases) = (Vec::new(), Vec::new());
        for scenario in scenarios {
            let meta = &scenario.metadata;
            let mut bag = BTreeMap::new();
            let mut name = BTreeMap::new();
            weigh(&mut name, &meta.name.text.replace('-', " "), 1.0);
            names.push(name);
            weigh(&mut bag, &meta.name.text.replace('-', " "), 4.0);
            weigh(&mut bag, &meta.family.replace('-', " "), 4.0);
            weigh(&mut bag, &meta.title, 3.0);
            weigh(&mut bag, &scenario.story, 1.0);
            weigh(&mut bag, &scenario.debrief, 0.5);
            let said: Vec<String> =
                scenario.symptoms.iter().filter_map(|symptom| symptom.fails_with.clone()).collect();
            for message in &said {
                weigh(&mut bag, message, 3.0);
            }
            for check in scenario.symptoms.iter().filter_map(|symptom| symptom.check.as_ref()) {
                let text = serde_json::to_string(check).unwrap_or_default();
                let statuses =
                    text.split('"').filter(|word| word.starts_with("pending-") || *word == "uninstalling");
                statuses.for_each(|status| weigh(&mut bag, status, 3.0));
            }
            phrases.push(meta.phrases.iter().map(|phrase| even(phrase)).collect());
            // What is well known is more likely meant.
            commonness.push(COMMON * f64::from(5_u8.saturating_sub(meta.difficulty)));
            bags.push(bag);
            messages
                .push(said.iter().map(|message| spoken(message)).filter(|said| said.len() > 12).collect());
        }
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for word in bags.iter().flat_map(BTreeMap::keys) {
            *counts.entry(word.clone()).or_default() += 1;
        }
        let all = f64::from(u32::try_from(bags.len()).unwrap_or(u32::MAX)).max(1.0);
        let rarity =
            counts.into_iter().map(|(word, count)| (word, (1.0 + all / f64::from(count)).ln())).collect();
        Index { scenarios: bags, names, commonness, messages, phrases, rarity }
    }

    /// The scenario that a section is most about, of those that `fits` lets through, where enough speaks for one.
    pub fn propose(
        &self,
        title: &str,
        words: &str,
        around: &str,
        fits: impl Fn(usize) -> bool,
    ) -> Option<Proposal> {
        let mut bag = BTreeMap::new();
        weigh(&mut bag, title, 6.0);
        weigh(&mut bag, words, 1.0);
        weigh(&mut bag, around, 0.5);
        // A word that is repeated does not speak louder every time.
        bag.values_mut().for_each(|weight| *weight = weight.sqrt());
        let (low, heading) = (words.to_lowercase(), title.to_lowercase());
        let own = title.rsplit(" › ").next().unwrap_or_default();
        let texts = [even(own), even(words), even(around)];
        let quoted = quoted(own);
        let told = |phrases: &[String]| phrases.iter().any(|phrase| quoted.contains(phrase.as_str()));
        let leads = |phrases: &[String]| phrases.iter().any(|phrase| texts[0].starts_with(phrase.as_str()));
        let mut titled = BTreeMap::new();
        weigh(&mut titled, own, 1.0);
        let scored = self.scenarios.iter().enumerate().filter(|(at, _)| fits(*at)).map(|(at, scenario)| {
            let messages = || self.messages[at].iter().map(String::as_str);
            let cried = messages().any(|message| heading.contains(message));
            let said = cried || messages().any(|message| low.contains(message));
            let called = !self.names[at].is_empty();
            let named = cried || called && self.names[at].keys().all(|word| titled.contains_key(word));
            let more = if said { SAID } else { 0.0 }
                + if named { NAMED } else { 0.0 }
                + if told(&self.phrases[at]) { QUOTED } else { 0.0 }
                + if leads(&self.phrases[at]) { LEADS } else { 0.0 }
                + spoken_of(&self.phrases[at], &texts).0;
            let likeness = self.likeness(&bag, scenario);
            let common = if likeness > 0.0 { self.commonness[at] } else { 0.0 };
            (more, likeness + more + common, at)
        });
        // What is said outright counts before what words are like, and nobody is heard who has not enough to say.
        let enough = |(more, score, at): &(f64, f64, usize)| match *more > 0.0 {
            true => *score >= ENOUGH,
            false => *score >= ENOUGH_WORDS && self.shared(&bag, &self.scenarios[*at]).len() >= SHARED,
        };
        let (more, _, at) = scored.filter(enough).max_by(|one, other| {
            let outright = |found: &(f64, f64, usize)| found.0 >= OUTRIGHT;
            outright(one).cmp(&outright(other)).then(one.1.total_cmp(&other.1)).then(other.2.cmp(&one.2))
        })?;
        let mut because = spoken_of(&self.phrases[at], &texts).1;
        let called =
            self.names[at].keys().all(|word| titled.contains_key(word)) && !self.names[at].is_empty();
        let headed = called
            || self.phrases[at].iter().any(|phrase| texts[0].contains(phrase.as_str()))
            || self.messages[at].iter().any(|message| heading.contains(message.as_str()));
        because.extend(self.shared(&bag, &self.scenarios[at]));
        because.truncate(4);
        Some(Proposal { scenario: at, because, headed, spoken: more > 0.0 })
    }

    fn weight(&self, word: &str, weight: f64) -> f64 {
        weight * self.rarity.get(word).copied().unwrap_or_default()
    }

    /// The cosine of two bags of words.
    fn likeness(&self, one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) -> f64 {
        let length = |bag: &BTreeMap<String, f64>| {
            bag.iter().map(|(word, weight)| self.weight(word, *weight).powi(2)).sum::<f64>().sqrt()
        };
        let product: f64 = one
            .iter()
            .filter_map(|(word, weight)| {
                Some(self.weight(word, *weight) * self.weight(word, *other.get(word)?))
            })
            .sum();
        product / (length(one) * length(other)).max(f64::MIN_POSITIVE)
    }

    fn shared(&self, one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) -> Vec<String> {
        let mut shared: Vec<(f64, &String)> = one
            .iter()
            .filter_map(|(word, weight)| {
                Some((self.weight(word, *weight) * self.weight(word, *other.get(word)?), word))
            })
            .collect();
        shared.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        shared.into_iter().take(4).map(|(_, word)| word.clone()).collect()
    }
}

/// What the phrases of a scenario add that are met in a heading, in what stands below it and in what stands above it,
/// and which they are.
fn spoken_of(phrases: &[String], texts: &[String; 3]) -> (f64, Vec<String>) {
    let mut more = 0.0;
    let mut met = Vec::new();
    for phrase in phrases {
        let place = texts.iter().position(|text| text.contains(phrase.as_str()));
        if let Some(place) = place {
            more += PHRASE[place];
            met.push((place, format!("{:?}", phrase.trim())));
        }
    }
    met.sort();
    (more.min(PHRASES), met.into_iter().map(|(_, phrase)| phrase).collect())
}

/// What stands in quotes.
fn quoted(heading: &str) -> String {
    even(&heading.split(['"', '“', '”', '`']).skip(1).step_by(2).collect::<Vec<_>>().join(" … "))
}

/// What of a message is the same for every release: its longest part without placeholders.
pub(super) fn spoken(message: &str) -> String {
    let parts = message.split(['{', '}']).step_by(2).map(|part| part.trim_matches([' ', '"', '\'']));
    parts.max_by_key(|part| part.len()).unwrap_or_default().to_lowercase()
}
