"""Analysis programs: a typed grammar, and its meaning on three engines."""
