"""MIDI: what messages mean to a player of keys, and files of them. The only user of mido."""

SONG_SUFFIXES = (".mid", ".midi")
