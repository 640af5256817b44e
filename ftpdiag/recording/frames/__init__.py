"""A frame's bytes -> what TCP or ICMP says in it, whatever links and tunnels enclose it."""
