"""The evaluation stage: students answer the test tables' questions in the sandbox and are scored."""
