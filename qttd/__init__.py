"""Settings, command line, supervisor, demo: where the rooms are put together."""
