"""Without the `local` extra the package imports, and a run says what to install."""

import subprocess
import sys

import pytest

from estimators.errors import MissingExtraError
from estimators.platforms.local import hardware


def test_importing_the_backend_imports_no_heavy_library():
    heavy = "{'torch', 'transformers', 'trl', 'peft'}"
    code = f"import sys, estimators.platforms.local; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setattr(hardware, "LIBRARIES", ("json", "a_library_nobody_has"))
    with pytest.raises(MissingExtraError, match=r'a_library_nobody_has: pip install "rftkit\[local\]"'):
        hardware.require_libraries()


def test_a_prepared_run_calls_nobody():
    code = (
        "from estimators.platforms.local.hardware import prepare; prepare(seed=0, threads=1);"
        "from huggingface_hub import constants as hub; print(hub.is_offline_mode(), hub.HF_HUB_DISABLE_TELEMETRY)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"
