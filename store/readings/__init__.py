"""Readings: written, shown, and judged, also anew and beside their neighbours in time."""
