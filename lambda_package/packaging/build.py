"""Build the zip or the image of a grader: the reward, its imports and the handler, and nothing else."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambda_package.errors import BuildError
from lambda_package.packaging.archive import Package, write_zip
from lambda_package.packaging.bytecode import compiled
from lambda_package.packaging.container import write_image
from lambda_package.packaging.imports import (
    OUR_PACKAGES,
    REWARDS_INIT,
    ForeignImport,
    Traced,
    defines_code,
    loaded_by_name,
    offered_names,
    trace,
)
from lambda_package.packaging.layers import names_in_layer
from lambda_package.packaging.members import size_bytes_of
from lambda_package.packaging.missing import compiled_tops, led_to, refuse_missing
from lambda_package.packaging.record import BuildRecord, write_record
from lambda_package.packaging.sbom import NAME as BILL_NAME
from lambda_package.packaging.sbom import bill_of_materials
from lambda_package.packaging.source import DEFAULT_HANDLER, Source, entry_files, parse_source
from lambda_package.packaging.strip_docstrings import without_docstrings
from lambda_package.packaging.target import DEFAULT_ARCHITECTURE, DEFAULT_RUNTIME, Target, interpreter_of, target_of
from lambda_package.packaging.tree_shake import only_reached
from lambda_package.packaging.vendor import Pin, Vendored, format_lock, lock, parse_lock, vendor
from rewards.writing import write_text

MAX_ZIP_BYTES = 50 * 1024 * 1024  # Lambda quota for a direct upload; AWS "Lambda quotas", read 2026-11
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024  # the same page: unzipped, layers included


def build(
    grader: str,
    out: str | Path,
    *,
    fallback: float = 0.0,
    envelope: bool = False,
    runtime: str = DEFAULT_RUNTIME,
    architecture: str = DEFAULT_ARCHITECTURE,
    requirements: Sequence[str] = (),
    include: Sequence[str | Path] = (),
    root: str | Path | None = None,
    handler: str = DEFAULT_HANDLER,
    variables: Sequence[str] = (),
    layers: Sequence[str] = (),
    bucket: str = "",
    image: bool = False,
) -> Package:
    """Build the zip for `grader` ("file.py:name" or "reward.yaml") at `out`; returns its `Package`.

    `file.py:lambda_handler`, or whatever `handler` names itself, is taken as a finished handler. `requirements` are
    packages to ship, pinned in a lock file beside `out`; `include` are files and folders below `root`, which is the
    grader's folder unless it lies in a package. The names of environment `variables`, `layers` (zips, or ARNs) and the
    S3 `bucket` by which a zip of more than 50 MB is uploaded go into the record beside `out`, for `verify` and
    `deploy`. With `image`, `out` is the folder of a container image's build context. The same sources give the same
    bytes. Raises `BuildError`; one about size leaves such a folder beside `out`.
    """
    if image and layers:
        raise BuildError("the function of an image has no layers; ship what they bring with --with or --include")
    source = parse_source(grader, root=root, handler=handler)
    target, out = target_of(runtime, architecture), Path(out)
    if not math.isfinite(fallback):
        raise BuildError(f"fallback must be a finite number, got {fallback!r}; 0.0 is the usual choice")
    if source.is_handler and (fallback or envelope):
        raise BuildError("a finished lambda_handler gives its own answers: fallback and envelope are for a reward")
    included = _included(include, source)
    plugins = [_module(name) for name in included if name.endswith(".py")]
    traced = trace([*source.modules, *plugins], source.root)
    apart = not source.is_handler and _has_code(traced, source.root)
    if apart:
        traced = trace([*source.modules, "lambda_package.apart", *plugins], source.root)
    vendored = vendor(_pins(requirements, target, out.with_suffix(".lock")), target) if requirements else _NOTHING
    zips = [Path(layer) for layer in layers if not layer.startswith("arn:")]
    in_layers = frozenset[str]().union(*map(names_in_layer, zips))
    found_by_path = led_to(traced.foreign, included)
    shipped = _shipped_tops(vendored, in_layers) | found_by_path.keys() | compiled_tops(included)
    refuse_missing(traced.foreign, shipped, source.root)
    judge = _prefetch_module(traced)
    entry = entry_files(source, fallback=fallback, envelope=envelope, prefetch_from=judge, apart=apart)
    data = {name: path.read_bytes() for name, path in included.items() if name not in traced.files}
    contents = vendored.contents | _code(traced, entry) | data
    contents[BILL_NAME] = bill_of_materials(contents, vendored, target, source.path.name, source.handler)
    python = interpreter_of(runtime)
    bytecode = compiled(contents, python) if python else {}
    left_out = tuple(_left_out(traced.foreign, shipped, source.root))
    led = [f"{module!r} is found only where sys.path leads to {place}" for module, place in found_by_path.items()]
    untraced = _untraced(traced, source.root, included)
    notes = [*([] if python else [_no_bytecode(runtime)]), *left_out, *led, *untraced]
    written = {name: data.decode() for name, data in entry.items()}
    linked = _linked([*traced.files.values(), *(source.root / name for name in included)], source.root)
    record = BuildRecord(
        str(source.root), source.handler, written, tuple(variables), tuple(layers), left_out, bucket, linked
    )
    made = _Made(contents, bytecode, tuple(notes), record, target)
    return _as_image(out, made) if image else _as_zip(out, made, zips)


@dataclass(frozen=True, slots=True)
class _Made:
    """All that goes into a package, of either kind."""

    contents: dict[str, bytes]
    bytecode: dict[str, bytes]
    notes: tuple[str, ...]
    record: BuildRecord
    target: Target


def _as_image(folder: Path, made: _Made) -> Package:
    package = write_image(
        folder, made.contents, made.target, made.record.handler, bytecode=made.bytecode, notes=made.notes
    )
    write_record(folder, made.record)
    return package


def _as_zip(out: Path, made: _Made, layers: Sequence[Path]) -> Package:
    """The zip, or a `BuildError` and no zip where it is too large; the image then lies there to go on with."""
    problem = _too_large_unzipped(made.contents | made.bytecode, layers)
    if not problem:
        package = write_zip(out, made.contents, made.bytecode, notes=made.notes)
        problem = _too_large_zipped(package, made.contents) if not made.record.bucket else ""
        if not problem:
            write_record(out, made.record)
            return package
        out.unlink()
    if layers:
        raise BuildError(f"{problem}, or build a container image with --image, and --with for what the layers bring")
    folder = out.with_suffix(".image")
    _as_image(folder, made)
    raise BuildError(f"{problem}, or go on with the container image in {folder}, which may have 10 GB")


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _shipped_tops(vendored: Vendored, in_layers: frozenset[str]) -> frozenset[str]:
    return in_layers | {name.partition("/")[0].partition(".")[0] for name in vendored.contents}


def _left_out(foreign: Iterable[ForeignImport], shipped: frozenset[str], root: Path) -> Iterator[str]:
    """The imports that may fail and will: the grader takes its other way, which is rarely what was tried at home."""
    places: dict[str, str] = {}
    for found in foreign:
        if not found.required and found.module not in shipped and found.file.is_relative_to(root):
            places.setdefault(found.module, f"{found.file.name}, line {found.line}")
    for module, place in places.items():
        yield f"{module!r} ({place}) is not in the zip, so its import fails there; ship its package with --with"


def _untraced(traced: Traced, root: Path, included: Mapping[str, Path]) -> Iterator[str]:
    for name, path in traced.files.items():
        if path.is_relative_to(root) and not included:
            for line in loaded_by_name(path):
                yield f"{name}, line {line}, loads modules by names worked out later: ship their folder with --include"


def _has_code(traced: Traced, root: Path) -> bool:
    """Whether the grader is more than rewards of ours put together: those always end."""
    own = [path for path in traced.files.values() if path.is_relative_to(root)]
    return bool(traced.foreign) or any(map(defines_code, own))


def _prefetch_module(traced: Traced) -> str | None:
    """Where `rewards.prefetch` comes from, if the grader has a model as judge: it stands beside the judge."""
    module = offered_names()["prefetch"]
    return module if f"{module.replace('.', '/')}.py" in traced.files else None


_NOTHING = Vendored({}, (), {})


def _pins(requirements: Sequence[str], target: Target, lock_file: Path) -> tuple[Pin, ...]:
    """The pins of the lock file where it answers the same question, else fresh ones, written there."""
    question = f"# {', '.join(sorted(requirements))} for {target.runtime.value} on {target.architecture.value}\n"
    if lock_file.exists() and (text := lock_file.read_text("utf-8")).startswith(question):
        return parse_lock(text)
    pins = lock(requirements, target)
    write_text(lock_file, question + format_lock(pins))
    return pins


def _code(traced: Traced, entry: Mapping[str, bytes]) -> dict[str, bytes]:
    """The grader's files and what of ours they reach; all of ours where names are looked up while it runs."""
    files = {name: _shipped(name, path.read_bytes()) for name, path in traced.files.items()}
    code = files | traced.generated | dict(entry)
    return code if REWARDS_INIT in files else only_reached(code)


def _shipped(name: str, source: bytes) -> bytes:
    return without_docstrings(source) if name.partition("/")[0] in OUR_PACKAGES else source


def _included(include: Sequence[str | Path], source: Source) -> dict[str, Path]:
    """The files to ship by their name in the zip: those named, and of each folder named all that lies in it."""
    folder, root = source.path.parent, source.root
    paths = [_place(path, folder, root) for path in map(Path, include)]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        words = "(paths are relative to the grader's folder, or to --root)"
        raise BuildError(f"no file or folder to include: {', '.join(missing)} {words}")
    outside = [str(path) for path in paths if not _as_named(path, root).is_relative_to(root)]
    if outside:
        raise BuildError(f"what is included lies beside or below the grader in {root}; not so {', '.join(outside)}")
    files = [file for path in paths for file in ([path] if path.is_file() else _files_in(path))]
    return {_as_named(file, root).relative_to(root).as_posix(): file.resolve() for file in files}


def _place(path: Path, folder: Path, root: Path) -> Path:
    """Where an included path lies: as it is, below the grader's folder, or else below the root of imports."""
    below_root = root / path
    return folder / path if (folder / path).exists() or not below_root.exists() else below_root


def _as_named(path: Path, root: Path) -> Path:
    """The path by which the grader finds it below `root`, whatever it is a link to."""
    plain = Path(os.path.normpath(path))
    return plain if plain.is_relative_to(root) else path.resolve()


def _linked(paths: Iterable[Path], root: Path) -> tuple[str, ...]:
    """The folders outside of `root` in which lies what links below it lead to."""
    real = {path.resolve() for path in paths if path.absolute().is_relative_to(root)}
    return tuple(sorted({str(path.parent) for path in real if not path.is_relative_to(root)}))


def _files_in(folder: Path) -> list[Path]:
    """All that belongs into a zip: no caches, nothing hidden."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def _no_bytecode(runtime: str) -> str:
    return f"no {runtime} on this machine, so no .pyc in the zip: a cold start compiles every module"


def _too_large_unzipped(contents: Mapping[str, bytes], layers: Sequence[Path]) -> str:
    of_layers = sum(map(size_bytes_of, layers))
    size = sum(map(len, contents.values())) + of_layers
    if size <= MAX_UNZIPPED_BYTES:
        return ""
    beside = f", {_megabytes(of_layers)} of it in layers" if layers else ""
    return (
        f"{_megabytes(size)} unzipped{beside}, and Lambda takes {_megabytes(MAX_UNZIPPED_BYTES)} with all layers; "
        f"largest: {_largest(contents)}. Drop a package"
    )


def _too_large_zipped(package: Package, contents: Mapping[str, bytes]) -> str:
    if package.size_bytes <= MAX_ZIP_BYTES:
        return ""
    return (
        f"{_megabytes(package.size_bytes)} zipped, and a direct upload takes {_megabytes(MAX_ZIP_BYTES)}; "
        f"largest: {_largest(contents)}. Name an S3 bucket to upload it by with --bucket, move packages that several "
        "graders share into a layer"
    )


def _largest(contents: Mapping[str, bytes]) -> str:
    sizes: dict[str, int] = {}
    for name, data in contents.items():
        top = name.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + len(data)
    return ", ".join(f"{name} {_megabytes(sizes[name])}" for name in sorted(sizes, key=lambda name: -sizes[name])[:3])


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MB"
