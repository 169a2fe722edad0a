#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the checkout's root. Snakemake makes the environment again when
# this file changes, so `make lock` notes the lock file's digest here.
# lock: a75df173f430dba5b0fd8110e9bf31dbdcfe6353b4e3f63fbca57623644de5b2
set -euo pipefail
python -m pip install --no-deps -r envs/requirements.lock
python -m pip install -c envs/requirements.lock torch
