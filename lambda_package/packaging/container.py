"""The same files as the build context of a container image, for graders too large for a zip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lambda_package.packaging.archive import Package, content_digest
from lambda_package.packaging.members import APP, DOCKERFILE
from lambda_package.packaging.target import Target
from rewards.writing import drafting_folder, write_bytes, write_text

_DOCKERFILE = """\
# Built and pushed by `rft package deploy {folder}`. By hand:
# docker buildx build --platform {platform} --provenance=false -t {name} {folder}
FROM public.ecr.aws/lambda/python:{version}
COPY {app}/ ${{LAMBDA_TASK_ROOT}}/
CMD ["{handler}"]
"""


def write_image(
    folder: Path,
    contents: Mapping[str, bytes],
    target: Target,
    handler: str,
    *,
    bytecode: Mapping[str, bytes],
    notes: tuple[str, ...] = (),
) -> Package:
    """Write the build context for `contents` to `folder`, replacing it. `bytecode` is no part of the content digest."""
    text = _DOCKERFILE.format(
        platform=platform_of(target),
        name=folder.stem.lower(),  # Docker refuses capitals in a tag
        folder=folder.name,
        version=target.python_version,
        app=APP,
        handler=handler,
    )
    everything = {f"{APP}/{name}": data for name, data in {**contents, **bytecode}.items()}
    everything[DOCKERFILE] = text.encode()
    with drafting_folder(folder, ours=(f"{APP}/**", DOCKERFILE)) as draft:
        for name, data in everything.items():
            if name != DOCKERFILE:
                write_bytes(draft / name, data)
        write_text(draft / DOCKERFILE, text)
    size_bytes = sum(map(len, everything.values()))
    names = tuple(sorted(everything))
    return Package(folder, content_digest(everything), content_digest(contents), size_bytes, names, notes)


def platform_of(target: Target) -> str:
    """Docker's word for the processor of `target`."""
    return f"linux/{'arm64' if target.machine == 'aarch64' else 'amd64'}"
