"""Judging: when two answers are the same, and what an episode proves."""
