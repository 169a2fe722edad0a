"""Code nobody read, run safely: a warm parent with the table loaded, and a locked-down fork of it for each session."""
