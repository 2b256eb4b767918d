"""Dated figures that rules are computed from, such as the indices' break points, in files for people."""
