"""The same files as the build context of a container image, for graders too large for a zip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lambda_package.packaging.target import Target
from rewards.writing import drafting_folder, write_bytes, write_text

_DOCKERFILE = """\
# docker buildx build --platform {platform} --provenance=false -t {name} {folder}
FROM public.ecr.aws/lambda/python:{version}
COPY app/ ${{LAMBDA_TASK_ROOT}}/
CMD ["lambda_function.lambda_handler"]
"""


def write_image(folder: Path, contents: Mapping[str, bytes], target: Target) -> Path:
    """Write the build context for `contents` to `folder` (replacing it) and return the folder."""
    platform = f"linux/{'arm64' if target.machine == 'aarch64' else 'amd64'}"
    name = folder.stem.lower()  # Docker refuses capitals in a tag
    text = _DOCKERFILE.format(platform=platform, name=name, folder=folder.name, version=target.python_version)
    with drafting_folder(folder, ours=("app/**", "Dockerfile")) as draft:
        for name, data in contents.items():
            write_bytes(draft / "app" / name, data)
        write_text(draft / "Dockerfile", text)
    return folder
