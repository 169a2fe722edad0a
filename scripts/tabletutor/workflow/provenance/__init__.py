"""What identifies an artefact and where it came from: records beside it, the cache, cut-off, old outputs, traces."""
