//! Which files git could not bring back.
