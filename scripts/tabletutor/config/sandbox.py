"""The settings of the sandbox, and the names of its protection layers."""

from typing import Literal

from pydantic import Field

from tabletutor.config.section import EXECUTION_ONLY, Section

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
    """The isolation of cells, and the resources they may use."""

    backend: Literal["process", "docker"] = Field(
        default="process",
        description="process: each session is a fork of a warm parent. docker: the same, in one container per table.",
    )
    required_layers: tuple[Layer, ...] | None = Field(
        default=None,
        json_schema_extra=EXECUTION_ONLY,
        description="Protection layers that must be active before any cell runs. null requires all that the backend "
        "offers on Linux 5.13 or later. `tabletutor doctor` lists the ones active on this machine.",
    )
    image: str | None = Field(
        default=None,
        description="Container image. null builds one from this environment; it is removed after the run unless "
        "`tabletutor sandbox image` built it.",
    )
    max_containers: int = Field(
        default=8,
        ge=1,
        json_schema_extra=EXECUTION_ONLY,
        description="Maximum number of containers on this machine, over all jobs.",
    )
    container_memory_mb: int = Field(
        default=8192,
        ge=512,
        json_schema_extra=EXECUTION_ONLY,
        description="Memory limit of a container in MB, including its table.",
    )
    container_cpus: float = Field(
        default=2.0, gt=0, json_schema_extra=EXECUTION_ONLY, description="CPU limit of a container."
    )
    soft_seconds: float = Field(
        default=5.0, gt=0, description="Seconds after which a cell is interrupted; its session continues."
    )
    hard_seconds: float = Field(
        default=8.0, gt=0, description="Seconds after which a cell that still runs ends its session."
    )
    memory_mb: int = Field(
        default=1024, ge=128, description="Memory in MB that a session may use beyond the warm parent's."
    )
    output_bytes: int = Field(
        default=4000,
        ge=200,
        description="Maximum output of a cell in bytes; longer output is cut in the middle and the cut is marked.",
    )
    sessions: int = Field(
        default=4,
        ge=1,
        json_schema_extra=EXECUTION_ONLY,
        description="Maximum number of sessions open at once in one job.",
    )
