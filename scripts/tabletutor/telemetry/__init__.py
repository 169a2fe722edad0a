"""What is shown of running work and never part of a result. Ground: any stage may use it."""
