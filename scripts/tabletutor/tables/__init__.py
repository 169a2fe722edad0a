"""Read raw CSVs into typed tables with a profile, and assign tables to splits."""
