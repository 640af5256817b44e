"""Capture files: read as far as they hold FTP, and written."""
