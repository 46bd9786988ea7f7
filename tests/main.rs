//! Does newsbell do what its users are told? Every scenario drives the real thing.

#![cfg(test)]

mod answers;
mod bubble;
mod care;
mod channels;
mod delivery;
mod desktop;
mod docs;
mod explain;
mod feeds_go_wrong;
mod grouping;
mod hostile;
mod lab;
mod layers;
mod layout;
mod life;
mod mail;
mod network;
mod outbox;
mod pace;
mod policy;
mod polite;
mod program;
mod quickstart;
mod quiet;
mod reload;
mod service;
mod sources;
mod stories;
mod storm;
mod subscribe;
mod subscribed;
mod units;
mod updates;
mod words;
mod world;
