"""Month archives: one zip for each station and month, which needs no qttd to be read."""
