"""Environment variables of the warm parent (sessions can read them in `/proc/1/environ`) and of the sessions."""

# Return freed memory at once and start no threads, so that forks share as many pages as possible.
PARENT = {
    "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_IO_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # with a second thread, the kernel refuses a user namespace
    "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin",
}  # fmt: skip
SESSION = {
    "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
}  # fmt: skip
SCRATCH = ("TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME")  # all set to the session's own folder
ENGINE = ("HOSTNAME", "HOME", "container")  # variables that a container engine adds
