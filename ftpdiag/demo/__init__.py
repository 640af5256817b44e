"""The main job without any target: small networks with a firewall in the way, probed by the real probe."""
