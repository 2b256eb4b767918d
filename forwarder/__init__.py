"""Relays verified files to the ministry and keeps a receipt for each."""
