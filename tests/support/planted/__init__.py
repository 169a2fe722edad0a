"""Realistic wrong answers to a question, to measure how well verification refuses them."""
