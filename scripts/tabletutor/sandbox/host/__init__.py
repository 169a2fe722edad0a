"""The trusted side of the sandbox: it starts sessions, bounds them and reads their claims. Never inside a session."""
