"""Run untrusted code: a warm parent process holds the table, and each session is a locked-down fork of it."""
