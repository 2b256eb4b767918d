"""The automatic checks that a channel is put through besides those every reading meets: one rule a file."""
