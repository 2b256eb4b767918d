"""Signs of manipulation: pure functions over a channel's month that find what honest data hardly ever does.

A sign is for a person to look at. It never fails a reading, is no proof, and has an honest explanation more
often than not; so each says what it found, in figures that can be looked up (docs/signs.md).
"""
