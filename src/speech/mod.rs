//! Where somebody speaks, channel by channel.
