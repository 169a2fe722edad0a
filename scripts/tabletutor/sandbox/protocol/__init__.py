"""All that host and guest share: frames, results of cells, environments."""
