"""Raw CSVs become typed tables with a profile, and tables become splits."""
