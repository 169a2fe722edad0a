"""Generate tables with known content, write them as CSV in many ways, read them back and compare."""
