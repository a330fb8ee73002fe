//! From a recording of any kind to 16 kHz samples per channel, block by block.
