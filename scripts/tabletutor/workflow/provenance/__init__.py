"""Identify artefacts and trace where they came from: identity files, cache, early cut-off, output backups."""
