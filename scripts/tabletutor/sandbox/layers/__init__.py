"""What locks a session down, and the tests that each layer stands."""
