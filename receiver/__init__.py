"""Doors, accounts, the intake journal and the watcher that empties it into the store."""
