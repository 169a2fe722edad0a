#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the checkout's root. Snakemake makes the environment again when
# this file changes, so `make lock` notes the lock file's digest here.
# lock: fa3cd056f7f832c4dd9d328a1aad05f5e86ff3245119908101fe7318f1fef162
set -euo pipefail
python -m pip install --no-deps -r envs/requirements.lock
python -m pip install -c envs/requirements.lock torch
