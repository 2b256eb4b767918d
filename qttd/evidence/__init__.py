"""The dossier of an event: a zip that proves itself by a script which needs nothing but Python."""
