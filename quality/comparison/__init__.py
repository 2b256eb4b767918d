"""Another program's values beside ours: where they differ, and why (docs/beside-envisoft.md)."""
