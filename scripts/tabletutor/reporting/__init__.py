"""Metrics with intervals, the comparison of two runs and of arms of runs, and the HTML report."""
