#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the checkout's root. Snakemake makes the environment again when
# this file changes, so `make lock` notes the lock file's digest here.
# lock: d072bf54bdcee8d030cc38be23b51a47e0d64b5f58d1c9f4fc3b97421624a10f
set -euo pipefail
python -m pip install --no-deps -r envs/requirements.lock
python -m pip install -c envs/requirements.lock torch
