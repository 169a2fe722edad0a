"""Check the references within a configuration: of runs to models, formats and other runs, and of the report to runs."""

from collections.abc import Iterator
from typing import NamedTuple

from tabletutor.config.methods import method_configs, method_fault
from tabletutor.config.nearest import suggestion
from tabletutor.config.runs import AttemptsConfig, ChoiceConfig, RunConfig
from tabletutor.config.schema import Config
from tabletutor.config.section import Section
from tabletutor.config.teachers import LocalTeacherConfig
from tabletutor.config.training import TrainingConfig

# The formats whose rows need nothing of an attempt but its turns, so that attempts can be added to them.
FORMATS_OF_ATTEMPTS = ("sft-standard",)


class Fault(NamedTuple):
    """A fault in a key's value. `path` holds the parts of the key; it is empty for the whole configuration."""

    path: tuple[str, ...]
    text: str


def reference_faults(config: Config) -> Iterator[Fault]:
    """Yield a fault for each reference to something that does not exist or cannot be used there."""
    for name, run in config.runs.items():
        if run.model not in config.models:
            yield Fault(
                ("runs", name, "model"), f"no model named {run.model!r}; {suggestion(run.model, config.models)}"
            )
        if run.training is not None:
            yield from _training_faults(config, name, run, run.training)
        yield from _source_faults(config, name, run)
    for key in ("baseline", "candidate"):
        yield from _student_faults(config, ("reporting", key), getattr(config.reporting, key))
    yield from _arm_faults(config)
    yield from _teacher_faults(config)


def _teacher_faults(config: Config) -> Iterator[Fault]:
    """Yield a fault for each teacher that does not exist, and for local ones whose model cannot teach."""
    llm = config.questions.llm
    named = {
        ("traces", "teacher"): config.traces.teacher,
        ("traces", "gold_teacher"): config.traces.gold_teacher,
        ("questions", "llm", "teacher"): llm.teacher if llm else None,
    }
    for path, teacher in named.items():
        if teacher is not None and teacher not in config.teachers:
            yield Fault(path, f"no teacher named {teacher!r}; {suggestion(teacher, config.teachers)}")
    if config.traces.gold_teacher and not config.traces.teacher:
        yield Fault(("traces", "gold_teacher"), "needs traces.teacher, which answers without the hint; set that too")
    if config.traces.teacher is None and llm:
        yield Fault(
            ("traces", "teacher"), "questions of a language model are verified by independent traces; name a teacher"
        )
    for name, teacher in config.teachers.items():
        if not isinstance(teacher, LocalTeacherConfig):
            continue
        key = ("teachers", name, "model")
        model = config.models.get(teacher.model)
        if model is None:
            yield Fault(key, f"no model named {teacher.model!r}; {suggestion(teacher.model, config.models)}")
        elif model.source == "scratch":
            yield Fault(
                key, f"{teacher.model} has random weights and the tokens of training rows; name a model that can answer"
            )


def _arm_faults(config: Config) -> Iterator[Fault]:
    """Yield a fault for each arm that cannot be compared."""
    arms = config.reporting.arms
    key = ("reporting", "arms")
    if len(arms) == 1:
        yield Fault(key, "a single arm has nothing to compare with; add another arm, or remove arms")
    first = next(iter(arms), "")
    for arm, other in config.reporting.compare_with.items():
        if arm not in arms or other not in arms or arm in (other, first):
            message = (
                f"must map an arm other than the first to a different arm, not to {other}; there are: {', '.join(arms)}"
            )
            yield Fault(("reporting", "compare_with", arm), message)
    seen: dict[str, str] = {}
    for arm, runs in arms.items():
        for run in runs:
            yield from _student_faults(config, (*key, arm), run)
            if run in seen:
                yield Fault((*key, arm), f"{run} is already in {seen[run]}; a run can be in one arm only")
            seen.setdefault(run, arm)
        if len(runs) != len(arms[first]):
            yield Fault(
                (*key, arm),
                f"{len(runs)} runs, but {first} has {len(arms[first])}; the permutation test swaps arms, so all must "
                "have the same number of runs",
            )


def _student_faults(config: Config, path: tuple[str, ...], run: str) -> Iterator[Fault]:
    """Yield a fault if no run of this name answers questions."""
    if run not in config.runs:
        yield Fault(path, f"no run named {run!r}; {suggestion(run, config.runs)}")
    elif config.runs[run].judges:
        yield Fault(path, f"{run} is a judge; name a run that answers questions")
    elif "test" not in config.runs[run].splits:
        yield Fault(path, f"{run} is not graded on test tables; add test to runs.{run}.splits, or name another run")


def _source_faults(config: Config, name: str, run: RunConfig) -> Iterator[Fault]:
    """Yield a fault if a run's weights or attempts to choose among are unavailable, or if it has settings for answering
    but does not answer.
    """
    key = ("runs", name)
    if sum(bool(kind) for kind in (run.training, run.weights_from, run.best_of, run.lenient_of)) > 1:
        yield Fault(key, "training, weights_from, best_of and lenient_of exclude each other; set only one of them")
    if run.weights_from is not None:
        source = run.weights_from
        other = config.runs.get(source)
        if other is None or other.training is None or other.judges:
            students = [each for each, its in config.runs.items() if its.training and not its.judges]
            message = f"no run named {source!r} that trains a student; {suggestion(source, students)}"
            yield Fault((*key, "weights_from"), message)
        elif other.model != run.model:
            yield Fault((*key, "model"), f"must be {other.model}, the model of {source}, whose weights this run uses")
    for option in ("sampling", "whole_turns", "shots"):
        if getattr(run, option) and not run.decodes:
            does = "judges" if run.judges else "chooses" if run.best_of else "reads another run's attempts"
            yield Fault((*key, option), f"a run that {does} generates no text; remove this key")
    if run.best_of is not None:
        yield from _choice_faults(config, name, run, run.best_of)
    if run.lenient_of is not None:
        yield from _lenient_faults(config, name, run, run.lenient_of)
    if run.attempts_of is not None:
        yield from _attempts_faults(config, name, run, run.attempts_of)


def _lenient_faults(config: Config, name: str, run: RunConfig, source: str) -> Iterator[Fault]:
    """Yield a fault if the run whose attempts are read leniently makes none, or has another model."""
    students = [each for each, its in config.runs.items() if its.decodes]
    if source not in students:
        message = f"no run named {source!r} that makes attempts; {suggestion(source, students)}"
        yield Fault(("runs", name, "lenient_of"), message)
    elif config.runs[source].model != run.model:
        yield Fault(("runs", name, "model"), f"must be {config.runs[source].model}, the model of {source}")


def _attempts_faults(config: Config, name: str, run: RunConfig, attempts: AttemptsConfig) -> Iterator[Fault]:
    """Yield a fault if a run can't train on attempts, or if no other run makes them before it is trained."""
    key = ("runs", name, "attempts_of")
    if run.training is None:
        yield Fault(key, "a run without training has no rows to add attempts to; add training, or remove this key")
    elif run.training.format not in FORMATS_OF_ATTEMPTS:
        allowed = _join_or(FORMATS_OF_ATTEMPTS)
        yield Fault(
            key, f"attempts can't be added to the rows of {run.training.format}; set training.format: {allowed}"
        )
    students = [each for each, its in config.runs.items() if its.decodes and each != name]
    if attempts.run != name and attempts.run not in students:
        message = f"no run named {attempts.run!r} that makes attempts; {suggestion(attempts.run, students)}"
        yield Fault((*key, "run"), message)
    elif cycle := _way_back(config, name, attempts.run):
        yield Fault((*key, "run"), f"{' → '.join([name, *cycle])} is a cycle; name a run that doesn't need this one")


def _way_back(config: Config, name: str, start: str) -> list[str]:
    """Return the runs from `start` to `name`, where each needs the weights of the next; empty if none lead there."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        if way[-1] == name:
            return way
        run = config.runs.get(way[-1])
        if run is None or way[-1] in seen:
            continue
        seen.add(way[-1])
        needed = (
            run.weights_from,
            run.training.init_from if run.training else None,
            run.attempts_of.run if run.attempts_of else None,
        )
        ways += [[*way, each] for each in needed if each is not None]
    return []


def _choice_faults(config: Config, name: str, run: RunConfig, best_of: ChoiceConfig) -> Iterator[Fault]:
    """Yield a fault if the attempts or the judge of a choice do not exist, or belong to another model."""
    key = ("runs", name, "best_of")
    samplers = [each for each, its in config.runs.items() if its.sampling is not None and its.best_of is None]
    judges = [each for each, its in config.runs.items() if its.judges]
    source = best_of.run
    if best_of.run not in samplers:
        message = f"no run named {best_of.run!r} that samples attempts; {suggestion(best_of.run, samplers)}"
        yield Fault((*key, "run"), message)
    if best_of.reward_model is not None:
        source = best_of.reward_model
        if source not in judges:
            message = f"no run named {source!r} that trains a judge; {suggestion(source, judges)}"
            yield Fault((*key, "reward_model"), message)
    if source in (judges if best_of.reward_model else samplers) and config.runs[source].model != run.model:
        yield Fault(("runs", name, "model"), f"must be {config.runs[source].model}, the model of {source}")


def _training_faults(config: Config, name: str, run: RunConfig, training: TrainingConfig) -> Iterator[Fault]:
    """Yield a fault if a run's method has no file, its format is not built or not readable by the method, or it cannot
    continue from the run `init_from`.
    """
    key = ("runs", name, "training")
    if fault := method_fault(training.method):
        yield Fault((*key, "method"), fault)
    formats, known = enabled_formats(config.formats), training.READS
    if training.format not in formats:
        yield Fault((*key, "format"), f"{training.format} is not built; add {training.format}: {{}} to formats")
    elif training.format not in known and any(training.format in kind.READS for kind in method_configs().values()):
        yield Fault((*key, "format"), f"{training.method} does not train on {training.format}; use {_join_or(known)}")
    if training.init_from is not None and training.TRAINS != "student":
        yield Fault(
            (*key, "init_from"), f"{training.method} trains a judge, which cannot continue from a run; remove this key"
        )
        return
    seen, start = [name], training.init_from
    while start is not None:
        if start in seen:
            yield Fault((*key, "init_from"), f"{' → '.join([*seen, start])} is a cycle")
            return
        seen.append(start)
        other = config.runs.get(start)
        if other is None or other.training is None:
            trained = [each for each, its in config.runs.items() if its.training and each != name]
            yield Fault((*key, "init_from"), f"no trained run named {start!r}; {suggestion(start, trained)}")
            return
        if other.model != run.model:
            message = f"{start} trains {other.model}, but this run trains {run.model}; both must train the same model"
            yield Fault((*key, "init_from"), message)
        if other.judges:
            yield Fault((*key, "init_from"), f"{start} is a judge; continue from a run that answers questions")
        if other.training.lora != training.lora:
            yield Fault(
                (*key, "lora"), f"must equal the lora section of {start}, whose weights this run continues from"
            )
        start = other.training.init_from


def enabled_formats(formats: Section) -> set[str]:
    """Return the names of the formats to build."""
    fields = type(formats).model_fields
    return {field.alias or name for name, field in fields.items() if getattr(formats, name) is not None}


def _join_or(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
