"""OPEN: one experiment per file, a script of a few verbs. See `ftpdiag.experiment.experiment`."""
