"""What tabletutor does while TRL trains: notes metrics, averages and keeps weights, samples, ends a run early."""

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
from tabletutor.training.generations import Prompt, sample
from tabletutor.training.tracking import Tracker
from tabletutor.training.trl_checkpoints import seal
from tabletutor.training.weights import Weights

STATE = "tabletutor.pt"
# Log keys we drop: wall-clock values, values implied by the step, and a counter that TRL resets on resume.
_LEFT_OUT = (
    "runtime",
    "per_second",
    "epoch",
    "total_flos",
    "step_time",
    "num_tokens",
    "num_input_tokens",
    "train_loss",
)


def keeping(trainer: type[Any], weights: Weights) -> type[Any]:
    """The trainer's class, whose evaluations see the weights that are kept: the average, if there is one."""

    class Keeping(trainer):
        def evaluate(self, *arguments: Any, **options: Any) -> Any:
            with weights.shown():
                return super().evaluate(*arguments, **options)

    Keeping.__name__ = trainer.__name__
    return Keeping


class Watch(TrainerCallback):
    """Notes the lines of `metrics.ndjson` and `samples.ndjson`; keeps them and the weights with each checkpoint."""

    def __init__(
        self,
        tracker: Tracker,
        weights: Weights,
        config: TrlConfig,
        prompts: list[Prompt],
        tokenizer: Tokenizer,
        metric: str,
        shown: Progress,
    ) -> None:
        self.lines: list[str] = []
        self.samples: list[str] = []
        self.seconds = 0.0
        self._tracker, self._weights, self._config = tracker, weights, config
        self._prompts = prompts
        self._tokenizer, self._metric, self._shown = tokenizer, metric, shown
        self._started = self._saved = time.monotonic()

    def restore(self, folder: Path) -> None:
        """Go on from what a checkpoint of this run kept."""
        state = torch.load(folder / STATE, weights_only=True)
        self.lines, self.samples = list(state["lines"]), list(state["samples"])
        self.seconds = float(state["seconds"])
        self._weights.restore(state["weights"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Say how many steps there are, and how many are done."""
        self._shown.expect(state.max_steps)
        self._shown.skip(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Average the weights; evaluate at the end; keep a checkpoint by the clock."""
        self._weights.stepped()
        self._shown.advance()
        last = state.global_step >= state.max_steps
        control.should_evaluate = control.should_evaluate or (last and args.eval_strategy != "no")
        if time.monotonic() - self._saved >= self._config.checkpoint_seconds:
            control.should_save = True
        if last:
            control.should_save = False
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """A line of metrics. Raises RuntimeError where the loss is no longer a number."""
        split = "validation" if any(name.startswith("eval_") for name in logs or {}) else "train"
        metrics = {
            name.removeprefix("eval_"): float(value)
            for name, value in (logs or {}).items()
            if not any(left in name for left in _LEFT_OUT)
        }
        if not metrics:
            return
        if not math.isfinite(metrics.get("loss", 0.0)):
            raise RuntimeError(f"the {split} loss is no longer a number; lower the run's training.learning_rate")
        line = {"step": state.global_step, "split": split, **_finite(metrics)}
        self.lines.append(json.dumps(line, sort_keys=True))
        self._tracker.log(state.global_step, {f"{split}/{name}": value for name, value in metrics.items()})

    def on_evaluate(
        self, args: Any, state: Any, control: Any, *, metrics: dict[str, float], model: Any = None, **_: Any
    ) -> Any:
        """Take note of the evaluation, sample, and end the run where it has waited long enough."""
        value = metrics[f"eval_{self._metric.removeprefix('-')}"]
        self._weights.evaluated(-value if self._metric.startswith("-") else value)
        with self._weights.shown():
            self.samples += sample(model, self._tokenizer, self._prompts, state.global_step)
        if self._config.patience is not None and self._weights.waited >= self._config.patience:
            control.should_training_stop = True
            control.should_save = False  # a run that went on from here would not know that it has ended
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add what a run of ours needs to TRL's checkpoint, and seal it."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        seconds = self.seconds + time.monotonic() - self._started
        kept = {"lines": self.lines, "samples": self.samples, "seconds": seconds, "weights": self._weights.state()}
        torch.save(kept, folder / STATE)
        seal(folder)
        self._saved = time.monotonic()


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """Metrics as JSON has them; NaN, which TRL gives for what there was none of, is null."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
