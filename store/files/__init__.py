"""The ledger of files: what came, what became of it, and who sees it."""
