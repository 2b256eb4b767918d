"""Retention: what an archive holds may leave the store, once it is old enough and nobody needs it."""
