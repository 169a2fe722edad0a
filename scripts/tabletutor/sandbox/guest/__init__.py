"""Code that runs inside the sandbox: the warm parent, its sessions, and the first process of a container."""
