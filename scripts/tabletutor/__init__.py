"""tabletutor: teach a small language model to analyse tables, reproducibly."""
