"""Executors: serial, threads, processes, Ray. The results are the same.

Only the stages that burn processor time are spread. A model teacher is limited by its quota, which more machines do not
raise; for that there is Bedrock batch inference.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Literal, TypeAlias, TypeVar

from datagen.errors import MissingExtraError
from rewards.children import begin_worker
from rewards.grading.ray import ray_data

Executor: TypeAlias = Literal["serial", "threads", "processes", "ray"]
In = TypeVar("In")
Out = TypeVar("Out")
_AHEAD = 4  # items under way or done for each worker, before their results are wanted


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


def run_each(
    function: Callable[[In], Out], items: Iterable[In], *, on: Executor, workers: int | None = None
) -> Iterator[Out]:
    """The same as `run_all`, one by one: no more items and results are in memory than workers need. Ray takes all.

    >>> list(run_each(str.upper, iter("ab"), on="threads"))
    ['A', 'B']
    """
    match on:
        case "serial":
            yield from map(function, items)
        case "threads":
            with ThreadPoolExecutor(workers) as threads:
                yield from _in_turn(threads, function, items, workers)
        case "processes":
            with ProcessPoolExecutor(workers, initializer=begin_worker, initargs=(os.getpid(),)) as processes:
                yield from _in_turn(processes, function, items, workers)
        case "ray":
            yield from _on_ray(function, list(items))


def _in_turn(
    pool: ThreadPoolExecutor | ProcessPoolExecutor,
    function: Callable[[In], Out],
    items: Iterable[In],
    workers: int | None,
) -> Iterator[Out]:
    under_way: deque[Future[Out]] = deque()
    for item in items:
        under_way.append(pool.submit(function, item))
        if len(under_way) >= _AHEAD * (workers or os.cpu_count() or 1):
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


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
