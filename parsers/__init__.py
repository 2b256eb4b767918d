"""Bytes to readings and problems, and readings to file text. Pure."""
