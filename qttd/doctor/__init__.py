"""`qttd doctor`: a file for each thing that a running system needs, with the functions that look at it."""
