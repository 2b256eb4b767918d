"""Averages of hours and days and what is computed from them, the indices too."""
