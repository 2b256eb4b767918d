"""Events, the alarms that tell of them, and what they are proved by."""
