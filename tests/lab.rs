//! What do the tests need of a real desktop and a real service manager?

pub mod hook;
pub mod mail;
pub mod recorder;
pub mod ringer;
pub mod session;
pub mod tools;
