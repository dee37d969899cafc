"""First program of the sandbox: isolate the process, open the Runtime API's socket, start AWS's runtime client.

The listening socket is opened here and passed up, so that it works the same inside a network namespace of its own,
which nobody outside could connect into.
"""

import os
import socket
import sys


def main(folder: str, channel_fd: str, memory_mb: str, enclosed: str, offline: str) -> None:
    """Run the handler named by `_HANDLER` until the emulator goes away."""
    sys.path.insert(0, os.path.dirname(__file__))
    from jail import enclose, end_with_parent, limit  # type: ignore[import-not-found]  # beside this file

    del sys.path[0]
    end_with_parent()
    limit(int(memory_mb))
    task, client, opt, standin = (os.path.join(folder, name) for name in ("task", "client", "opt", "standin"))
    if enclosed == "1":
        links = [os.path.realpath(entry.path) for place in (client, standin) for entry in os.scandir(place)]
        own = {path: path for path in (sys.base_prefix, sys.base_exec_prefix, standin, *links)}
        own |= {entry.path: f"/opt/{entry.name}" for entry in os.scandir(opt)}
        own |= {task: "/var/task", client: "/var/runtime"}
        enclose(os.path.join(folder, "root"), own, offline=offline == "1", ours_alone=int(channel_fd))
        task, client, opt = "/var/task", "/var/runtime", "/opt"
        os.chdir(task)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(fileno=int(channel_fd)) as channel:
        socket.send_fds(channel, [b"L"], [listener.fileno()])
        os.environ["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{listener.getsockname()[1]}"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [os.path.join(opt, "python", "lib", version, "site-packages"), os.path.join(opt, "python")]
    sys.path[:] = [task, *layers, *sys.path, client, standin]
    from awslambdaric.__main__ import main as serve

    sys.dont_write_bytecode = (
        True  # /var/task is read-only on AWS: what ships without .pyc is compiled at each cold start
    )
    serve(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main(*sys.argv[1:])
