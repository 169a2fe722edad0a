"""Questions that a language model asks after it has explored a table in the sandbox."""
