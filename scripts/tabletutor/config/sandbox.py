"""The configuration of the sandbox, and the layers of protection by name."""

from typing import Literal

from pydantic import Field

from tabletutor.config.section import HOW, Section

Layer = Literal[
    "unprivileged-user",
    "user-namespace",
    "mount-namespace",
    "pid-namespace",
    "network-namespace",
    "ipc-namespace",
    "uts-namespace",
    "private-root",
    "private-tmp",
    "masked-proc",
    "clean-environment",
    "closed-descriptors",
    "no-capabilities",
    "no-new-privileges",
    "seccomp",
    "landlock",
    "resource-limits",
    "memory-bound",
    "process-bound",
]


class SandboxConfig(Section):
    """Where cells run, and what they may use."""

    backend: Literal["process", "docker"] = Field(
        default="process",
        description="`process`: a fork of a warm parent for each session. `docker`: the same in one container a table.",
    )
    require: tuple[Layer, ...] | None = Field(
        default=None,
        json_schema_extra=HOW,
        description="Layers of protection without which no cell runs; None: all that the backend gives on an ordinary "
        "Linux of 5.13 or later. `tabletutor doctor` lists those that stand here.",
    )
    image: str | None = Field(
        default=None,
        description="Image of the containers; None: one made of this environment, kept if `tabletutor sandbox image` "
        "made it, else made for the run and removed after it.",
    )
    max_containers: int = Field(
        default=8,
        ge=1,
        json_schema_extra=HOW,
        description="Containers at once on this machine, of all jobs together.",
    )
    container_memory_mb: int = Field(
        default=8192, ge=512, json_schema_extra=HOW, description="Memory of one container, table and all."
    )
    container_cpus: float = Field(default=2.0, gt=0, json_schema_extra=HOW, description="Processors of one container.")
    soft_seconds: float = Field(
        default=5.0, gt=0, description="A cell that runs longer is interrupted; the session lives on."
    )
    hard_seconds: float = Field(default=8.0, gt=0, description="A cell that still runs then ends its session.")
    memory_mb: int = Field(default=1024, ge=128, description="Memory a session may add to that of the warm parent.")
    output_bytes: int = Field(
        default=4000, ge=200, description="Text a cell may print; the rest is cut and the cut is marked."
    )
    sessions: int = Field(default=4, ge=1, json_schema_extra=HOW, description="Sessions open at once in one job.")
