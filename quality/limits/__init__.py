"""Limits: which one binds a station's parameter on a day and how it is derived, and what exceeds it."""
