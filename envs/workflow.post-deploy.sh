#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the checkout's root. Snakemake makes the environment again when
# this file changes, so `make lock` notes the lock file's digest here.
# lock: 06cd688ddb44059a10d441bff09ee94259faaf04cfc1b6b74251c3683e3d6373
set -euo pipefail
python -m pip install --no-deps -r envs/requirements.lock
python -m pip install -c envs/requirements.lock torch
