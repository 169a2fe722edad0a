"""Analysis programs: a typed grammar, three engines that run them, and their description in words."""
