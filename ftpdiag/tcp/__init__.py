"""Segments -> connections: who opened to whom, what answered, how much each side sent (pure; feed and ask)."""

from ftpdiag.tcp.calls import Call, Calls
from ftpdiag.tcp.connections import Connection, Connections
from ftpdiag.tcp.halves import Half, Repeated, Run, Spans, after

__all__ = ["Call", "Calls", "Connection", "Connections", "Half", "Repeated", "Run", "Spans", "after"]
