"""The environment every job inherits."""

# Numeric thread counts of training and evaluation are set from the configuration; all else runs on one thread, so that
# no result depends on the cores at hand. No library may ask a hub for anything.
ENVIRONMENT = {
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LC_ALL": "C.UTF-8",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "POLARS_MAX_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
    "TZ": "UTC",
}
