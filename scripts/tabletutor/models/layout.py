"""Which files a model's folder and an adapter's have."""

MODEL_FILES = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")
