"""OPEN: one output format per file, found by discovery."""
