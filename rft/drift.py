"""What the installed SDKs know that our tables do not: the other half of `rft doctor --drift`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

# The versions that captured requests, tables of limits and fakes were read from.
READ_FROM = {"botocore": "1.44.8", "sagemaker": "2.257.7", "sagemaker-train": "1.27.0", "sagemaker-hyperpod": "3.12.0"}
OLDEST_RUNTIME = (3, 12)  # what is older is past AWS's deprecation date


def installed_drift() -> list[str]:
    """Tasks that the installed packages give; none for what is not installed."""
    return [*_newer(), *_runtimes(), *_instances()]


def _newer() -> Iterator[str]:
    for name, read in READ_FROM.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if _number(found)[:1] == _number(read)[:1] and _number(found) > _number(read):
            yield f"{name} {found} is installed, and our tables were read from {read}"


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdecimal())


def _enum(service: str, shape: str) -> list[str]:
    try:
        import botocore.session
    except ImportError:
        return []
    model = botocore.session.get_session().get_service_model(service)
    return list(model.shape_for(shape).enum)


def _runtimes() -> Iterator[str]:
    from lambda_package.packaging.target import Runtime

    for name in _enum("lambda", "Runtime"):
        if (
            name.startswith("python3.")
            and _number(name.removeprefix("python")) >= OLDEST_RUNTIME
            and name not in set(Runtime)
        ):
            yield f"Lambda knows the runtime {name}, lambda_package.packaging.target does not"


def _instances() -> Iterator[str]:
    from recipes import catalogue

    known = set(_enum("sagemaker", "TrainingInstanceType"))
    ours = {name for entry in catalogue() for name in entry.instance_types}
    for name in sorted(ours - known) if known else ():
        yield f"{name} of the catalogue is no instance type that CreateTrainingJob knows"
