"""Seed data that ships with the store."""
