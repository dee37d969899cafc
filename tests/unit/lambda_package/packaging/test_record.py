"""What is kept beside a zip about its build."""

from pathlib import Path

from lambda_package.packaging.record import BuildRecord, write_record


def test_a_record_holds_the_environment_and_only_its_owner_reads_it(tmp_path: Path):
    package = tmp_path / "g.zip"
    package.write_bytes(b"zip")
    record = BuildRecord(root="", handler="h.h", environment={"TOKEN": "secret"})
    assert write_record(package, record).stat().st_mode & 0o777 == 0o600
