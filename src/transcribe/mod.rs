//! From stretches of speech to timed, confident words.
