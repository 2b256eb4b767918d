"""REST, pages and metrics: the store as people and programs see it."""
