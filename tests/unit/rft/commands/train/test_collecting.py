"""`rft train collect` of an archive that is not what it should be: what it is and what to do, exit 2, nothing torn."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from rft.cli import main
from tests.unit.rft.commands.shell import Shell

MANIFEST = b'{"checkpoint_s3_bucket": "s3://customer-escrow-123456789012-smtj-abc/job"}'


def archive(
    name: str = "manifest.json", data: bytes = MANIFEST, *, kind: bytes = tarfile.REGTYPE, to: str = ""
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, to
        member.size = len(data) if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


WRONG: dict[str, tuple[bytes, str]] = {
    **{f"an archive that lacks {cut} bytes": (archive()[:-cut], "output.tar.gz") for cut in (1, 8, 20, 100)},
    "an archive of half a header": (gzip.compress(b"manifest.json\0" * 10), "output.tar.gz"),
    "a page in place of an archive": (b"<html>Sign in</html>", "output.tar.gz"),
    "an empty object": (b"", "output.tar.gz"),
    "a symlink out of it": (archive("x", kind=tarfile.SYMTYPE, to="/etc/passwd"), "x"),
    "a hard link out of it": (archive("x", kind=tarfile.LNKTYPE, to="../../etc/passwd"), "x"),
    "an absolute path": (archive("/tmp/x"), "/tmp/x"),
    "a path that climbs": (archive("../../x"), "../../x"),
    "a device": (archive("x", kind=tarfile.CHRTYPE), "x"),
    "a control sequence in a name": (archive("../\x1b[31mred"), "red"),
    "a manifest that is no JSON": (archive(data=b"{"), "manifest.json"),
    "a manifest in another encoding": (archive(data=MANIFEST.decode().encode("utf-16")), "manifest.json"),
    "a manifest without an address": (archive(data=b"{}"), "manifest.json"),
    "a manifest that is a list": (archive(data=b"[]"), "manifest.json"),
    "a table in another encoding": (
        archive("step_wise_training_metrics.csv", "step,größe\n1,2\n".encode("latin-1")),
        ".csv",
    ),
}


@pytest.mark.parametrize(("body", "words"), WRONG.values(), ids=WRONG)
def test_an_archive_that_is_none_is_said_to_be(
    body: bytes, words: str, shell: Shell, capsys: pytest.CaptureFixture[str]
):
    name = shell.launched()
    shell("train", "logs", name, "--follow")
    key = f"rftkit/output/{name}/output/output.tar.gz"
    shell.aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=body)
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["train", "collect", name, "-o", "got"])
    shown = capsys.readouterr()
    assert end.value.code == 2, shown
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert "\x1b" not in shown.err
    assert not (shell.folder / "got" / "checkpoint.json").exists()
