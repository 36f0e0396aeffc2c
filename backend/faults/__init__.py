"""Breaking things for real: a cluster of its own, a wire that misbehaves, phones that say exactly what is meant."""
