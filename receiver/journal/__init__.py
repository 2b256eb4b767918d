"""The intake journal: every door's bytes are committed here before it answers."""
