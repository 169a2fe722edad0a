"""A callback for TRL's trainers: metrics, weight averaging, samples, checkpoints and early stopping."""

import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from tabletutor.config.training import TrlConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.telemetry.progress import Progress
from tabletutor.training.generations import Prompt, generate_samples
from tabletutor.training.tracking import Tracker
from tabletutor.training.trl_checkpoints import write_digests
from tabletutor.training.weights import Weights

STATE = "tabletutor.pt"
# Log keys we drop: wall-clock values, values implied by the step, and a counter that TRL resets on resume.
_DROPPED = (
    "runtime",
    "per_second",
    "epoch",
    "total_flos",
    "step_time",
    "num_tokens",
    "num_input_tokens",
    "train_loss",
)


def evaluate_averaged(trainer: type[Any], weights: Weights) -> type[Any]:
    """Return a subclass of `trainer` that evaluates the averaged weights if averaging is on."""

    class AveragedTrainer(trainer):
        def evaluate(self, *arguments: Any, **options: Any) -> Any:
            with weights.averaged():
                return super().evaluate(*arguments, **options)

    AveragedTrainer.__name__ = trainer.__name__
    return AveragedTrainer


class RunCallback(TrainerCallback):
    """Collects the lines of `metrics.ndjson` and `samples.ndjson`, and adds them and the weights to each checkpoint."""

    def __init__(
        self,
        tracker: Tracker,
        weights: Weights,
        config: TrlConfig,
        prompts: list[Prompt],
        tokenizer: Tokenizer,
        metric: str,
        progress: Progress,
    ) -> None:
        self.lines: list[str] = []
        self.samples: list[str] = []
        self.seconds = 0.0
        self._tracker, self._weights, self._config = tracker, weights, config
        self._prompts = prompts
        self._tokenizer, self._metric, self._progress = tokenizer, metric, progress
        self._started = self._saved = time.monotonic()

    def restore(self, folder: Path) -> None:
        """Load the state that `on_save` wrote to a checkpoint folder of this run."""
        state = torch.load(folder / STATE, weights_only=True)
        self.lines, self.samples = list(state["lines"]), list(state["samples"])
        self.seconds = float(state["seconds"])
        self._weights.restore(state["weights"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Set the progress display to the total number of steps and those already done."""
        self._progress.expect(state.max_steps)
        self._progress.skip(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Update the average. Evaluate after the last step, and save a checkpoint after `save_seconds`."""
        self._weights.update_average()
        self._progress.advance()
        last = state.global_step >= state.max_steps
        control.should_evaluate = control.should_evaluate or (last and args.eval_strategy != "no")
        if time.monotonic() - self._saved >= self._config.save_seconds:
            control.should_save = True
        if last:
            control.should_save = False
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Record a line of metrics. Raises RuntimeError if the loss is no longer a finite number."""
        split = "validation" if any(name.startswith("eval_") for name in logs or {}) else "train"
        metrics = {
            name.removeprefix("eval_"): float(value)
            for name, value in (logs or {}).items()
            if not any(dropped in name for dropped in _DROPPED)
        }
        if not metrics:
            return
        if not math.isfinite(metrics.get("loss", 0.0)):
            raise RuntimeError(f"the {split} loss is no longer a number; lower the run's training.learning_rate")
        line = {"step": state.global_step, "split": split, **_null_if_not_finite(metrics)}
        self.lines.append(json.dumps(line, sort_keys=True))
        self._tracker.log(state.global_step, {f"{split}/{name}": value for name, value in metrics.items()})

    def on_evaluate(
        self, args: Any, state: Any, control: Any, *, metrics: dict[str, float], model: Any = None, **_: Any
    ) -> Any:
        """Record the evaluation, generate samples, and stop the run if its patience is exhausted."""
        value = metrics[f"eval_{self._metric.removeprefix('-')}"]
        self._weights.record_loss(-value if self._metric.startswith("-") else value)
        with self._weights.averaged():
            self.samples += generate_samples(model, self._tokenizer, self._prompts, state.global_step)
        if self._config.patience is not None and self._weights.waited >= self._config.patience:
            control.should_training_stop = True
            control.should_save = False  # a run resumed from here would train on
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add this callback's state to TRL's checkpoint and write the digests that make it valid."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        seconds = self.seconds + time.monotonic() - self._started
        content = {"lines": self.lines, "samples": self.samples, "seconds": seconds, "weights": self._weights.state()}
        torch.save(content, folder / STATE)
        write_digests(folder)
        self._saved = time.monotonic()


def _null_if_not_finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """Replace NaN and infinity, which JSON lacks, by null. TRL reports NaN for a mean over nothing."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
