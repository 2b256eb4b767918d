"""Folders that others write into, watched or brought in as a whole."""
