"""The SFTP door."""
