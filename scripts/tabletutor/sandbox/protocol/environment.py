"""The environments: of the warm parent, which `/proc/1/environ` shows to sessions, and of the sessions themselves."""

# Freed memory goes back at once and no library starts threads: sharing between forks lives by it.
PARENT = {
    "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_IO_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a second thread would forbid a user namespace
    "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin",
}  # fmt: skip
SESSION = {
    "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
}  # fmt: skip
SCRATCH = ("TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME")  # all name the session's folder
ENGINE = ("HOSTNAME", "HOME", "container")  # what a container engine adds to a container's own environment
