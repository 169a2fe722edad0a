"""What in a configuration refers to something else in it: runs to models, formats and runs; the report to runs."""

from collections.abc import Iterator
from typing import NamedTuple

from tabletutor.config.nearest import nearest
from tabletutor.config.runs import ChoiceConfig, RunConfig
from tabletutor.config.schema import Config
from tabletutor.config.section import Section
from tabletutor.config.training import TrainingConfig, method_configs


class Fault(NamedTuple):
    """What is wrong with the value of a key; `path` is the key's, part by part, empty for the whole configuration."""

    path: tuple[str, ...]
    text: str


def reference_faults(config: Config) -> Iterator[Fault]:
    """Every reference that leads nowhere, or to what it cannot use."""
    for name, run in config.runs.items():
        if run.model not in config.models:
            yield Fault(("runs", name, "model"), f"no model named {run.model!r}; {nearest(run.model, config.models)}")
        if run.training is not None:
            yield from _training(config, name, run, run.training)
        yield from _source(config, name, run)
    for key in ("baseline", "candidate"):
        yield from _answers(config, ("reporting", key), getattr(config.reporting, key))
    yield from _arms(config)


def _arms(config: Config) -> Iterator[Fault]:
    """Where arms cannot be compared."""
    arms = config.reporting.arms
    key = ("reporting", "arms")
    if len(arms) == 1:
        yield Fault(key, "one arm has nothing to be compared with; add another, or leave arms out")
    first = next(iter(arms), "")
    for arm, other in config.reporting.against.items():
        if arm not in arms or other not in arms or arm in (other, first):
            told = f"{other}: give for an arm but the first another arm; there are: {', '.join(arms)}"
            yield Fault(("reporting", "against", arm), told)
    seen: dict[str, str] = {}
    for arm, runs in arms.items():
        for run in runs:
            yield from _answers(config, (*key, arm), run)
            if run in seen:
                yield Fault((*key, arm), f"{run} is in {seen[run]} already; a run counts once")
            seen.setdefault(run, arm)
        if len(runs) != len(arms[first]):
            yield Fault(
                (*key, arm),
                f"{len(runs)} runs, but {first} has {len(arms[first])}; arms are exchanged with each other in the "
                "permutation test, which takes means of equally many runs",
            )


def _answers(config: Config, path: tuple[str, ...], run: str) -> Iterator[Fault]:
    """Where there is no run of this name that answers questions."""
    if run not in config.runs:
        yield Fault(path, f"no run named {run!r}; {nearest(run, config.runs)}")
    elif config.runs[run].judges:
        yield Fault(path, f"{run} is trained to judge answers, it gives none")


def _source(config: Config, name: str, run: RunConfig) -> Iterator[Fault]:
    """Where a run answers with weights, or chooses among attempts, that are not to be had, or is told how to answer and
    does not.
    """
    key = ("runs", name)
    if sum(bool(kind) for kind in (run.training, run.weights, run.choose)) > 1:
        yield Fault(key, "training, weights and choose exclude each other; give one of them")
    if run.weights is not None:
        other = config.runs.get(run.weights)
        if other is None or other.training is None or other.judges:
            students = [each for each, its in config.runs.items() if its.training and not its.judges]
            told = f"no run named {run.weights!r} that trains a student; {nearest(run.weights, students)}"
            yield Fault((*key, "weights"), told)
        elif other.model != run.model:
            yield Fault((*key, "model"), f"must be that of {run.weights}, {other.model}, whose weights it has")
    for option in ("sampling", "whole_turns"):
        if getattr(run, option) and (run.judges or run.choose):
            does = "judges" if run.judges else "chooses"
            yield Fault((*key, option), f"a run that {does} says nothing; leave it out")
    if run.choose is not None:
        yield from _choice(config, name, run, run.choose)


def _choice(config: Config, name: str, run: RunConfig, choose: ChoiceConfig) -> Iterator[Fault]:
    """Where a run chooses among no attempts, or by no judge, or for another model."""
    key = ("runs", name, "choose")
    drawing = [each for each, its in config.runs.items() if its.sampling is not None and its.choose is None]
    judging = [each for each, its in config.runs.items() if its.judges]
    of = choose.among
    if choose.among not in drawing:
        told = f"no run named {choose.among!r} that draws attempts (sampling); {nearest(choose.among, drawing)}"
        yield Fault((*key, "among"), told)
    if choose.judge is not None:
        of = choose.judge
        if choose.judge not in judging:
            told = f"no run named {choose.judge!r} that trains a judge; {nearest(choose.judge, judging)}"
            yield Fault((*key, "judge"), told)
    if of in (judging if choose.judge else drawing) and config.runs[of].model != run.model:
        yield Fault(("runs", name, "model"), f"must be that of {of}, {config.runs[of].model}")


def _training(config: Config, name: str, run: RunConfig, training: TrainingConfig) -> Iterator[Fault]:
    """Where a run is trained on a format that is not made or that its method cannot read, or goes on from a run it
    cannot.
    """
    key = ("runs", name, "training")
    formats, known = made(config.formats), training.READS
    if training.format not in formats:
        told = f"{training.format} is not made; give it a key in formats"
        yield Fault((*key, "format"), told)
    elif training.format not in known and any(training.format in kind.READS for kind in method_configs().values()):
        yield Fault((*key, "format"), f"{training.method} does not train on {training.format}; take {_either(known)}")
    if training.start is not None and training.TRAINS != "student":
        yield Fault((*key, "start"), f"{training.method} trains a judge, which goes on from no run; leave it out")
        return
    seen, start = [name], training.start
    while start is not None:
        if start in seen:
            yield Fault((*key, "start"), f"{' → '.join([*seen, start])} goes in a circle")
            return
        seen.append(start)
        other = config.runs.get(start)
        if other is None or other.training is None:
            trained = [each for each, its in config.runs.items() if its.training and each != name]
            yield Fault((*key, "start"), f"no trained run named {start!r}; {nearest(start, trained)}")
            return
        if other.model != run.model:
            told = f"{start} trains {other.model}, this run {run.model}; they must train one model"
            yield Fault((*key, "start"), told)
        if other.judges:
            yield Fault((*key, "start"), f"{start} is trained to judge answers; go on from one that answers")
        if other.training.lora != training.lora:
            yield Fault((*key, "lora"), f"must be that of {start}, whose weights it goes on from")
        start = other.training.start


def made(formats: Section) -> set[str]:
    """The names of the formats that are made."""
    fields = type(formats).model_fields
    return {field.alias or name for name, field in fields.items() if getattr(formats, name) is not None}


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
