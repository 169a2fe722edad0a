"""Everything that host and guest share: messages, cell results, environment variables."""
