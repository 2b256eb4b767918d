"""The relay: targets, what is owed to them, the outbox and its receipts."""
