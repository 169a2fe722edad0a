"""The `tabletutor` command."""
