"""The sniffer: what passes on the interfaces while a probe runs."""
