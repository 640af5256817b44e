"""OPEN: one root cause per file; its docstring is what `ftpdiag explain` prints. See `ftpdiag.cause`."""
