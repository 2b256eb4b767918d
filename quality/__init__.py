"""Checks, slot states, rates and relay policy as pure functions over values."""
