"""The way out where a zip is too large: the same files as the build context of a container image."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from lambda_package.packaging.target import Target

_DOCKERFILE = """\
# docker buildx build --platform {platform} --provenance=false -t {name} {folder}
FROM public.ecr.aws/lambda/python:{version}
COPY app/ ${{LAMBDA_TASK_ROOT}}/
CMD ["lambda_function.lambda_handler"]
"""


def write_image(folder: Path, contents: Mapping[str, bytes], target: Target) -> Path:
    """Write the build context for `contents` to `folder` (replacing it) and return the folder."""
    if folder.exists():
        shutil.rmtree(folder)
    for name, data in contents.items():
        path = folder / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    platform = f"linux/{'arm64' if target.machine == 'aarch64' else 'amd64'}"
    name = folder.stem.lower()  # Docker refuses capitals in a tag
    text = _DOCKERFILE.format(platform=platform, name=name, folder=folder.name, version=target.python_version)
    (folder / "Dockerfile").write_text(text)
    return folder
