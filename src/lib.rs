//! newsbell watches news feeds and rings when a story matches a rule.
//!
//! This page is the map. The README says how to use the program; this says where things are.
//!
//! ```text
//!  config.toml --check--> Config (swapped whole on reload; a bad file keeps the old one)
//!       |
//!       v         many at once                        one at a time                   each its own way
//!  schedule --> fetch --> parse --> normalise ==Batch==> unseen? --> match --> story --> policy --> COMMIT
//!    ^                                       (bounded     |                            items, hits, stories,
//!    |                                        channel)    +-- a Why for each verdict   outbox, validators,
//!    +---------------------------- next poll ------------------------------------------ next poll: ONE transaction
//!                                                                                         |
//!  cli: reads the same store, mutes       sent | later | dead <-- channel <-- render <-- outbox
//!                                                  answers --> mutes, not relevant
//! ```
//!
//! A poll is in one transaction, which those that wait beside it may share: left of COMMIT nothing is
//! saved, not even the validators, so a crash only fetches again; right of it nothing is forgotten, so
//! a crash only sends again, under the same alert id.
//!
//! # Words
//!
//! | word | is |
//! |---|---|
//! | [Feed](model::Feed) | a configured source with its polling state |
//! | [Entry](model::Entry) | what a feed document holds, as the parser gives it: theirs |
//! | [Item](model::Item) | a normalised entry: stable key, canonical link, plain text, sane date: ours |
//! | [Rule](model::Rule) | a named query with options |
//! | Hit | one rule matched one item, with the [evidence](model::Evidence) |
//! | [Story](story) | items, from any feeds, that tell the same news |
//! | [Bond](model::Bond) | why an item belongs to its story |
//! | [Alert](model::AlertKind) | what is said to a person about one rule and one story; further items join it quietly |
//! | [Verdict](model::Verdict) | what was decided about a hit: ring, hold or drop, always with its [reason](model::Why) |
//! | [Digest](policy::hold::Gather) | what was held, told together at a better time: after quiet hours, at its rule's times, when a flood is over |
//! | [Mute](model::Mute) | a rule, story or feed that is not to ring until some time |
//! | Not relevant | a story that a person has found to be not what a rule is for: it rings no more under it |
//! | [Answer](channel::desktop::Answer) | what a person clicks on a notification: open, mute rule, not relevant |
//! | [Channel](channel::Channel) | where alerts go |
//! | Outbox | alerts committed and not yet confirmed by their channel |
//!
//! # Layers
//!
//! A module names those above it in this list only, and none beside it but [`text`]. A test holds
//! every file to that.
//!
//! 1. Nouns: [`model`]
//! 2. Steps, values in and values out: [`text`] what is a word, [`schedule`] when is a feed due,
//!    [`parse`] bytes to entries, [`normalise`] entries to items, [`rules`] items to hits, [`story`]
//!    which items tell the same news, [`policy`] may we speak now, [`render`] alerts to words
//! 3. The outside, a file for each thing: [`clock`] the time, [`config`] the user's wishes, [`fetch`]
//!    the web, [`store`] the disk, [`channel`] the people, [`telemetry`] the log, [`pulse`] whether the loops
//!    move
//! 4. The loops: [`poll`], [`decide`], [`deliver`]
//! 5. Their owner: [`daemon`], which alone spawns
//! 6. The face: [`cli`]
//!
//! # Where to look
//!
//! Why was I not told? `newsbell why`, then [`rules`] and [`policy`]. Polled too often? [`schedule`]. A
//! lost notice? [`store`] and [`deliver`]. What a channel says? [`render`], then [`channel`]. Which key of the configuration? [`config`]. A stop that hangs? [`daemon`].

pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod decide;
pub mod deliver;
pub mod fetch;
pub mod model;
pub mod normalise;
pub mod parse;
pub mod policy;
pub mod poll;
pub mod pulse;
pub mod render;
pub mod rules;
pub mod schedule;
pub mod store;
pub mod story;
pub mod telemetry;
pub mod text;
