"""The layers of protection around a session, and the self-tests of each."""
