"""Tables, engine, and every SQL statement."""
