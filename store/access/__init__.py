"""Who may come in: accounts of loggers, people, programs' keys, sessions, and their secrets."""
