//! newsbell watches news feeds and rings when a story matches a rule.
// The map is written when the country is.
pub mod model;
