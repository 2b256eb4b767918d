"""The subcommands of `qttd`, one noun a file; qttd/command_line.py names them all."""
