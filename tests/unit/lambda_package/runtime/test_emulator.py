"""Every way a function can fail, each with AWS's word for it, and life after it."""

import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_package.errors import ZipError
from lambda_package.runtime import Runtime
from lambda_package.runtime.sandbox import can_enclose
from rewards.scratch import sweep

FUNCTION = """
import os, sys, time
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    what = event.get("what")
    if what == "exit": sys.exit(3)
    if what == "crash": os.abort()
    if what == "raise": raise ValueError("no gold answer")
    if what == "eat": return len(bytearray(300 * 2**20))
    if what == "nan": return float("nan")
    if what == "set": return {1}
    if what == "surrogate": return "\\ud800"
    if what == "long": return "x" * 7_000_000
    if what == "modules": return sorted(name for name in ("pytest", "boto3", "pydantic", "rewards") if find(name))
    if what == "environment": return dict(os.environ)
    if what == "remaining": return context.get_remaining_time_in_millis()
    if what == "sleep": time.sleep(60)
    if what == "connect":
        import socket
        return socket.create_connection(("192.0.2.1", 80), 5) and "connected"
    if what == "credentials": return open(event["path"]).read()
    if what == "home": return os.path.exists(os.path.expanduser("~/.aws"))
    if what == "writable": return [path for path in ("/usr/x", "/x", os.getcwd() + "/x", "/tmp/x") if can_write(path)]
    if what == "processes": return [name for name in os.listdir("/proc") if name.isdigit()]
    if what == "signal": os.kill(event["pid"], 9)
    if what == "mount":
        import ctypes
        return ctypes.CDLL(None).mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None)
    if what == "fill":
        with open("/tmp/big", "wb") as file:
            while True: file.write(bytes(1 << 24))
    if what == "chatter":
        while True: os.write(1, b"x" * (1 << 20))
    if what == "daemon":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True: time.sleep(1)
            os._exit(0)
    if what == "children":
        return [os.fork() or time.sleep(60) for _ in range(3)] and [bytearray(60 * 2**20) for _ in range(2)] and None
    if what == "forks":
        for _ in range(20):
            if os.fork() == 0: time.sleep(60)
        time.sleep(60)
    if what == "spin":
        while True: pass
    if what == "lock":
        import multiprocessing
        return multiprocessing.Lock() and "made"
    if what == "user": return [os.getuid(), os.getgid(), __file__, sys.path[0]]
    if what == "read": return [path for path in event["paths"] if can_read(path)]
    if what == "layer":
        import six
        return [six.LAYER, open("/opt/data/terms.txt").read()]
    if what == "print": print("hello from the grader")
    return calls
def can_write(path):
    try: return open(path, "w").close() is None
    except OSError: return False
def can_read(path):
    try: return bool(open(path, "rb").read())
    except OSError: return False
def find(name):
    from importlib.util import find_spec
    return find_spec(name) is not None
"""


def zip_with(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return path


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return zip_with(tmp_path_factory.mktemp("function") / "function.zip", lambda_function=FUNCTION)


@pytest.fixture(scope="module")
def runtime(package: Path) -> Iterator[Runtime]:
    with Runtime(package, memory_mb=128, timeout_s=30) as started:
        yield started


def test_the_first_call_is_cold_and_the_second_keeps_its_state(package: Path):
    with Runtime(package) as runtime:
        first, second = runtime.invoke({}), runtime.invoke({})
    assert (first.cold, first.payload) == (True, 1)
    assert (second.cold, second.payload) == (False, 2)
    assert first.init_s > 0 == second.init_s


@pytest.mark.parametrize(
    ("what", "error_type"),
    [
        ("exit", "Runtime.ExitError"),
        ("crash", "Runtime.ExitError"),
        ("raise", "ValueError"),
        ("eat", "Runtime.OutOfMemory"),
        ("nan", "Function.ResponseNotJson"),
        ("set", "Runtime.MarshalError"),
        ("surrogate", "Runtime.ExitError"),
        ("long", "Function.ResponseSizeTooLarge"),
    ],
)
def test_each_failure_has_its_name_and_the_next_call_works(runtime: Runtime, what: str, error_type: str):
    invocation = runtime.invoke({"what": what})
    assert invocation.payload is None
    assert invocation.error is not None
    assert invocation.error.type == error_type
    assert runtime.invoke({}).error is None


def test_a_function_over_its_time_is_killed_and_said_so(package: Path):
    with Runtime(package, timeout_s=0.2) as runtime:
        invocation = runtime.invoke({"what": "sleep"})
    assert str(invocation.error).startswith("Task timed out after 0.20 seconds (Sandbox.Timedout)")


def test_an_exception_keeps_the_function_warm_and_brings_its_traceback(runtime: Runtime):
    runtime.invoke({})
    invocation = runtime.invoke({"what": "raise"})
    assert invocation.error is not None
    assert invocation.error.message == "no gold answer"
    assert "lambda_handler" in "".join(invocation.error.trace)
    assert not runtime.invoke({}).cold


def test_a_request_over_6_mb_does_not_reach_the_function(runtime: Runtime):
    invocation = runtime.invoke(b" " * (6 * 1024 * 1024 + 1))
    assert invocation.error is not None
    assert invocation.error.type == "RequestEntityTooLarge"


def test_a_request_of_just_under_6_mb_is_answered(runtime: Runtime):
    event = {"text": "x" * (6 * 1024 * 1024 - 20)}
    assert runtime.invoke(event).error is None


def test_nothing_installed_here_but_aws_s_sdk_can_be_imported_inside(runtime: Runtime):
    assert set(runtime.invoke({"what": "modules"}).payload) <= {"boto3"}


def test_nothing_of_our_environment_reaches_the_function(runtime: Runtime, monkeypatch: pytest.MonkeyPatch):
    environment = runtime.invoke({"what": "environment"}).payload
    assert environment["AWS_SECRET_ACCESS_KEY"] == "testing"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert "HOME" in os.environ
    assert "HOME" not in environment


def test_the_context_knows_the_time_that_is_left(runtime: Runtime):
    assert 25_000 < runtime.invoke({"what": "remaining"}).payload <= 30_000


def test_what_the_function_prints_is_its_log(runtime: Runtime):
    assert "hello from the grader" in runtime.invoke({"what": "print"}).log


@pytest.mark.skipif(not can_enclose(), reason="needs user namespaces")
def test_offline_there_is_no_network_but_the_function_answers(package: Path):
    with Runtime(package, offline=True) as runtime:
        invocation = runtime.invoke({"what": "connect"})
        assert invocation.error is not None
        assert "Network is unreachable" in invocation.error.message
        assert runtime.invoke({}).error is None


@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        ("import numpy_is_not_here", "Runtime.ImportModuleError"),
        ("def lambda_handler(:", "Runtime.UserCodeSyntaxError"),
        ("def another_name(event, context): ...", "Runtime.HandlerNotFound"),
        ("raise SystemExit(2)", "Runtime.ExitError"),
    ],
)
def test_a_module_that_does_not_load_is_reported(tmp_path: Path, code: str, error_type: str):
    with Runtime(zip_with(tmp_path / "function.zip", lambda_function=code)) as runtime:
        invocation = runtime.invoke({})
    assert invocation.error is not None
    assert invocation.error.type == error_type


def test_the_stand_in_for_the_c_extension_gives_the_same_answers(package: Path, monkeypatch: pytest.MonkeyPatch):
    with Runtime(package) as runtime:
        for compiled in runtime.config.client.glob("runtime_client*"):
            compiled.unlink()
        assert runtime.invoke({}).payload == 1
        assert 0 < runtime.invoke({"what": "remaining"}).payload <= 300_000
        failure = runtime.invoke({"what": "raise"}).error
        assert failure is not None
        assert failure.type == "ValueError"


def test_closing_leaves_nothing_behind(package: Path):
    runtime = Runtime(package)
    runtime.invoke({})
    folder = runtime.config.task_root.parent
    runtime.close()
    runtime.close()
    assert not folder.exists()


def test_a_file_that_is_not_a_zip_is_refused(tmp_path: Path):
    (tmp_path / "grader.zip").write_text("not a zip")
    with pytest.raises(ZipError, match="cannot be read as a zip"):
        Runtime(tmp_path / "grader.zip")


# --- what a grader cannot reach, and what ends with it ---------------------------------------------------------------
enclosed_only = pytest.mark.skipif(not can_enclose(), reason="this kernel lets a plain user make no namespaces")


@enclosed_only
def test_no_file_of_the_user_can_be_read(runtime: Runtime, tmp_path: Path):
    secret = tmp_path / "credentials"
    secret.write_text("key")
    for path in (secret, Path(__file__), Path("/etc/passwd")):
        failure = runtime.invoke({"what": "credentials", "path": str(path)}).error
        assert failure is not None
        assert failure.type == "FileNotFoundError"
    assert runtime.invoke({"what": "home"}).payload is False


@enclosed_only
def test_only_tmp_can_be_written(runtime: Runtime):
    assert runtime.invoke({"what": "writable"}).payload == ["/tmp/x"]


@enclosed_only
def test_the_function_lies_where_lambda_has_it_and_runs_as_its_user(runtime: Runtime):
    assert runtime.invoke({"what": "user"}).payload == [993, 990, "/var/task/lambda_function.py", "/var/task"]


@enclosed_only
def test_there_are_no_semaphores(runtime: Runtime):
    failure = runtime.invoke({"what": "lock"}).error
    assert failure is not None
    assert failure.type in ("OSError", "FileNotFoundError", "PermissionError")
    assert "semaphores" in failure.advice


@enclosed_only
def test_what_only_root_may_read_cannot_be_read(runtime: Runtime):
    found = [path for top in ("/etc/ssl", "/etc/pki", "/etc") for path in Path(top).rglob("*") if path.is_file()]
    private = [str(path) for path in found if not path.stat().st_mode & 0o004]
    assert runtime.invoke({"what": "read", "paths": [*private, "/etc/shadow"]}).payload == []


@enclosed_only
def test_a_layer_lies_in_opt_before_the_runtime_s_own_packages_and_touches_nothing_here(package: Path, tmp_path: Path):
    six = pytest.importorskip("six")
    before = Path(six.__file__).read_bytes()
    layer = tmp_path / "layer.zip"
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("python/six.py", "LAYER = 'of the layer'\n")
        archive.writestr("data/terms.txt", "red")
    with Runtime(package, layers=[layer]) as runtime:
        assert runtime.invoke({"what": "layer"}).payload == ["of the layer", "red"]
    assert Path(six.__file__).read_bytes() == before


# AWS, "Defined runtime environment variables", those of a function's first call.
DOCUMENTED = """_HANDLER AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME AWS_SESSION_TOKEN
AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME
AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT
LAMBDA_RUNTIME_DIR LANG PATH LD_LIBRARY_PATH PYTHONPATH AWS_XRAY_CONTEXT_MISSING AWS_XRAY_DAEMON_ADDRESS TZ
_X_AMZN_TRACE_ID"""


def test_every_documented_variable_is_there(runtime: Runtime):
    assert set(DOCUMENTED.split()) - set(runtime.invoke({"what": "environment"}).payload) == set()


def test_a_log_grown_too_long_starts_anew(package: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.runtime.emulator._LOG_TAIL_BYTES", 100)
    with Runtime(package) as runtime:
        for _ in range(20):
            assert "hello from the grader" in runtime.invoke({"what": "print"}).log
        assert runtime.config.log_file.stat().st_size < 200


@enclosed_only
def test_no_other_process_is_seen_and_none_can_be_signalled(runtime: Runtime):
    assert len(runtime.invoke({"what": "processes"}).payload) <= 2
    failure = runtime.invoke({"what": "signal", "pid": os.getpid()}).error
    assert failure is not None
    assert failure.type in ("ProcessLookupError", "PermissionError")


@enclosed_only
def test_the_function_has_no_power_over_its_own_enclosure(runtime: Runtime):
    assert runtime.invoke({"what": "mount"}).payload == -1


def test_a_full_tmp_and_an_endless_log_end_the_function_and_not_the_disk(package: Path):
    with Runtime(package, memory_mb=1024, timeout_s=30) as runtime:
        for what in ("fill", "chatter"):
            failure = runtime.invoke({"what": what}).error
            assert failure is not None
            assert failure.type in ("OSError", "Runtime.ExitError")
        assert runtime.config.log_file.stat().st_size <= 513 << 20


def test_a_daemon_ends_with_the_sandbox(package: Path):
    with Runtime(package) as runtime:
        runtime.invoke({"what": "daemon"})
        folder = str(runtime.config.folder)
        assert processes_of(folder)
    assert processes_of(folder) == []


def test_the_memory_of_all_its_processes_counts(runtime: Runtime):
    failure = runtime.invoke({"what": "children"}).error
    assert failure is not None
    assert failure.type == "Runtime.OutOfMemory"


def test_a_fork_bomb_is_killed(package: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.runtime.sandbox._MAX_PROCESSES", 8)
    with Runtime(package) as runtime:
        failure = runtime.invoke({"what": "forks"}).error
    assert failure is not None
    assert failure.type == "Runtime.ProcessLimit"


def test_with_the_network_the_caller_s_account_comes_along_and_nothing_else(
    package: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("OTHER_TOKEN", "mine too")
    with Runtime(package, offline=False) as runtime:
        inside = runtime.invoke({"what": "environment"}).payload
    assert inside["AWS_ACCESS_KEY_ID"] == "mine"
    assert "OTHER_TOKEN" not in inside


def test_where_the_kernel_forbids_the_enclosure_the_rest_holds(package: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.runtime.emulator.can_enclose", lambda: False)
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with Runtime(package, memory_mb=128) as runtime:
        assert not runtime.config.enclosed
        inside = runtime.invoke({"what": "environment"}).payload
        assert "AWS_PROFILE" not in inside
        assert inside["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        assert inside["HOME"] == str(runtime.config.folder)
        failure = runtime.invoke({"what": "eat"}).error
    assert failure is not None
    assert failure.type == "Runtime.OutOfMemory"


def test_when_we_are_killed_the_function_ends_and_the_next_run_sweeps_its_folder(package: Path, tmp_path: Path):
    code = (
        "import sys, threading; from lambda_package.runtime import Runtime\n"
        "runtime = Runtime(sys.argv[1]); runtime.invoke({'what': 'n'})\n"
        "threading.Thread(target=runtime.invoke, args=[{'what': 'spin'}], daemon=True).start()\n"
        "print(runtime.config.folder, flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ours = subprocess.Popen(
        [sys.executable, "-c", code, package], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert ours.stdout is not None
    folder = ours.stdout.readline().decode().strip()
    assert processes_of(folder)
    ours.kill()
    ours.wait()
    deadline = time.monotonic() + 30
    while processes_of(folder) and time.monotonic() < deadline:
        pass  # the kernel is at it
    assert processes_of(folder) == []
    assert Path(folder).exists()
    subprocess.run(
        [sys.executable, "-c", "from rewards.scratch import sweep; sweep()"],
        env=environment,
        check=True,
    )
    assert not Path(folder).exists()


def test_a_sandbox_in_use_is_not_swept(runtime: Runtime):
    sweep()
    assert runtime.config.folder.exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bomb = tmp_path / "bomb.zip"
    monkeypatch.setattr("lambda_package.packaging.archive.MAX_OPENED_BYTES", 1 << 20)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1 << 21))
    with pytest.raises(ZipError, match="unpacks to"):
        Runtime(bomb)


def processes_of(folder: str) -> list[int]:
    """Processes that were started for a sandbox; a fork of one has its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and folder.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found
