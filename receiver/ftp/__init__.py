"""The FTP door."""
