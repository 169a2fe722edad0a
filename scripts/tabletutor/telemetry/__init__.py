"""Display of running work: progress and escaped text. Never part of a result; any stage may import it."""
