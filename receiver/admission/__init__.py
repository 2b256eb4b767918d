"""Who may log in at a door, and who is banned."""
