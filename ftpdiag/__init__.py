"""ftpdiag: which FTP mode a firewall blocks, where, how we know, and who must change what."""

__version__ = "0.1.0"
