"""Compare answers. Questions, verdicts, evaluation and training by reward all grade with it."""
