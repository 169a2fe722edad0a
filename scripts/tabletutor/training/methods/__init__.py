"""The training methods, one module each: `CONFIG`, its configuration class, and `train(run, config)`."""
