"""The evaluation stage: students answer the questions on test tables in the sandbox and are graded."""
