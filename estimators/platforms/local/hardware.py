"""Device selection, and library settings for quiet, reproducible runs."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from estimators.errors import MissingExtraError

OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
CONTAINER = Path("/sys/fs/cgroup")
LIBRARIES = ("torch", "transformers", "trl", "peft", "datasets")


def require_libraries() -> None:
    """Raise MissingExtraError naming the missing libraries and the extra that installs them."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f'local training needs {", ".join(missing)}: pip install "rftkit[local]"')


def prepare(*, seed: int, threads: int) -> None:
    """Set threads and seeds, and disable the libraries' progress bars and telemetry.

    TRL reports every trainer to its makers unless told otherwise; a local run needs no network, so it gets none.
    """
    require_libraries()
    os.environ.update(OFFLINE)  # read when huggingface_hub is imported, which the lines below do
    import datasets
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.set_seed(seed)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()


@contextmanager
def without_library_warnings() -> Iterator[None]:
    """Hide the libraries' deprecation warnings about each other, on which a user cannot act."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def trainer_arguments(folder: Path) -> dict[str, Any]:
    """Arguments of every TRL config that depend on the machine or disable reporting.

    Without `use_cpu` TRL turns bf16 on and refuses to start on a CPU; gradient checkpointing, its other default, only
    slows a tiny model down.
    """
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "use_cpu": not gpu,
        "bf16": gpu,
        "gradient_checkpointing": gpu,
        "dataloader_pin_memory": gpu,
        "report_to": "none",
        "save_strategy": "no",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "disable_tqdm": True,  # whoever started the run shows progress, from on_step
    }


def device() -> str:
    """The GPU if there is one, else the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def spare_core(threads: int) -> bool:
    """Whether a core is left beside a training of so many threads; a GPU is one training's alone."""
    require_libraries()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores > threads and device() == "cpu"


def available_bytes() -> int | None:
    """Memory that a training can have: the GPU's free memory, else this machine's; None where it cannot be known."""
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return int(free)
    return min(_free_memory(), default=None)


def _free_memory() -> Iterator[int]:
    """What the kernel says can be had, and what a container's limit leaves; each only where it exists (Linux)."""
    with suppress(OSError):
        lines = (line.split() for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        yield from (int(kib) * 1024 for name, kib, *_ in lines if name == "MemAvailable:")
    with suppress(OSError, ValueError):  # no such file without a container, the word "max" without a limit
        limit, used = (int((CONTAINER / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
        yield limit - used
