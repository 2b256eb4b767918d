"""The watcher: what the journal holds is read, judged and brought into the store."""
