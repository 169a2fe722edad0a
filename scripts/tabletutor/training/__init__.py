"""The training stage: LoRA adapters fitted on a format, resumable bit for bit."""
