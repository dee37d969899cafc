"""What is kept beside a zip about its build."""

from pathlib import Path

import pytest

from lambda_package.errors import MissingVariableError
from lambda_package.packaging.record import BuildRecord, environment_of, record_of, write_record


def test_a_record_holds_the_names_of_variables_and_a_value_must_be_given_again(tmp_path: Path):
    package = tmp_path / "g.zip"
    package.write_bytes(b"zip")
    write_record(package, BuildRecord(root="", handler="h.h", variables=("TOKEN", "PLACE")))
    record = record_of(package)
    assert record is not None
    assert record.variables == ("TOKEN", "PLACE")
    with pytest.raises(MissingVariableError, match="built for TOKEN, whose"):
        environment_of(record, {"PLACE": "here"})
    assert environment_of(record, {"PLACE": "here", "TOKEN": "", "MORE": "1"}) == {
        "PLACE": "here",
        "TOKEN": "",
        "MORE": "1",
    }


def test_without_a_record_what_is_given_counts():
    assert environment_of(None, {"A1": "1"}) == {"A1": "1"}
