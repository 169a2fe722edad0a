"""The trusted side of the sandbox: start and limit sessions, and check their replies. Never imported in a session."""
