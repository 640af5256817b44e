"""OPEN: one method per file, a script of a few verbs. See `ftpdiag.session.handshake`."""
