"""The sections of qttd.toml, a file each. qttd/settings_model.py puts them together."""
