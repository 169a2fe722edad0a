"""What came of it all: metrics with intervals, the paired comparison of two runs, and the report."""
