"""Beside EnviSoft, then instead of it: its exports and tables, put beside ours."""
