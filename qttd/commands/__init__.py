"""The commands of qttd, one a file; qttd/command_line.py puts them together."""
