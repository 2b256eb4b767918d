"""Slots: the marks of what changed, settling it, and the account of every slot."""
