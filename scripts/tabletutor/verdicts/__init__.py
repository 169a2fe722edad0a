"""Verdicts: whether questions are verified, and which traces and steps are right."""
