"""The evaluation stage: students answer the questions about held-out tables in the sandbox and are graded."""
