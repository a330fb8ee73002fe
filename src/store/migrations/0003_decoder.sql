-- What decoded a recording: built-in, or an ffmpeg found on the machine.
ALTER TABLE recordings ADD COLUMN decoder TEXT NOT NULL DEFAULT 'built-in';
