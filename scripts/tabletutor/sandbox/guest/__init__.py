"""What runs inside: the warm parent, its sessions, the first process of a container."""
