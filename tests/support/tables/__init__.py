"""Tables of known content, generated, written as CSV in many ways, read back and compared."""
