"""The training methods, each a file of its name with `CONFIG`, its knobs, and `train(run, config)`."""
