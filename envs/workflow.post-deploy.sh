#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the checkout's root. Snakemake makes the environment again when
# this file changes, so `make lock` notes the lock file's digest here.
# lock: 8e134fc7ed43cf2beb2e58f0b63d2bf1b034b45b0ac127607a774081d193c9aa
set -euo pipefail
python -m pip install --no-deps -r envs/requirements.lock
python -m pip install -c envs/requirements.lock torch
