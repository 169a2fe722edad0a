"""An OpenAI-compatible chat endpoint over a local model: `tabletutor serve`."""
