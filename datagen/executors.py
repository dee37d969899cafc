"""Executors: serial, threads, processes, Ray. The results are the same.

Only the stages that burn processor time are spread. A model teacher is limited by its quota, which more machines do not
raise; for that there is Bedrock batch inference.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Literal, TypeAlias, TypeVar

from datagen.errors import MissingExtraError
from rewards.children import begin_worker
from rewards.grading.ray import ray_data

Executor: TypeAlias = Literal["serial", "threads", "processes", "ray"]
In = TypeVar("In")
Out = TypeVar("Out")


def run_all(
    function: Callable[[In], Out], items: Sequence[In], *, on: Executor, workers: int | None = None
) -> list[Out]:
    """`function` of every item, in the order of the items. For processes and Ray it must pickle.

    >>> run_all(str.upper, ["a", "b"], on="threads")
    ['A', 'B']
    """
    match on:
        case "serial":
            return [function(item) for item in items]
        case "threads":
            with ThreadPoolExecutor(workers) as threads:
                return list(threads.map(function, items))
        case "processes":
            with ProcessPoolExecutor(workers, initializer=begin_worker, initargs=(os.getpid(),)) as processes:
                return list(processes.map(function, items, chunksize=max(1, len(items) // 64)))
        case "ray":
            return _on_ray(function, items)


def _on_ray(function: Callable[[In], Out], items: Sequence[In]) -> list[Out]:
    if not items:
        return []
    try:
        data = ray_data()
    except ImportError as error:
        raise MissingExtraError("ray", "ray") from error

    def apply(row: dict[str, Any]) -> dict[str, Any]:
        return {"index": row["index"], "result": pickle.dumps(function(pickle.loads(row["item"])))}  # noqa: S301 -- ours

    numbered = [{"index": index, "item": pickle.dumps(item)} for index, item in enumerate(items)]
    done = data.from_items(numbered).map(apply).take_all()
    return [pickle.loads(row["result"]) for row in sorted(done, key=lambda row: int(row["index"]))]  # noqa: S301 -- ours
