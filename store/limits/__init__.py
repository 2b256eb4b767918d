"""Limits, the figures that the rules work with, and what exceeded them."""
