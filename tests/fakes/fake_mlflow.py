"""An MLflow tracking server on the loopback, with what its REST API 2.0 says of experiments, runs and metrics."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 2  # metrics a page, however many are asked for

History = dict[str, list[tuple[int, float | str]]]


class MlflowServer(ThreadingHTTPServer):
    """`runs` maps (experiment, run name) to the histories of the runs of that name, the oldest first."""

    def __init__(self, runs: dict[tuple[str, str], list[History]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs = runs
        self.headers_seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def mlflow_server(runs: dict[tuple[str, str], list[History]]) -> Iterator[MlflowServer]:
    server = MlflowServer(runs)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: MlflowServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.endswith("experiments/get-by-name"):
            self._experiment(query["experiment_name"])
        elif url.path.endswith("metrics/get-history"):
            self._history(query)
        else:
            self._refuse(404, "ENDPOINT_NOT_FOUND", url.path)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path.endswith("runs/search")
        assert body["order_by"] == ["attributes.start_time DESC"]
        name = body["filter"].removeprefix("attributes.run_name = '").removesuffix("'")
        [experiment] = body["experiment_ids"]
        found = self.server.runs.get((experiment, name), [])
        newest = [
            {
                "info": {"run_id": f"{experiment}|{name}|{index}"},
                "data": {"metrics": [{"key": key, "value": values[-1][1]} for key, values in found[index].items()]},
            }
            for index in reversed(range(len(found)))
        ]
        self._reply({"runs": newest[: body["max_results"]]} if newest else {})

    def _experiment(self, name: str) -> None:
        if any(experiment == name for experiment, _ in self.server.runs):
            self._reply({"experiment": {"experiment_id": name, "name": name}})
        else:
            self._refuse(404, "RESOURCE_DOES_NOT_EXIST", f"Could not find experiment with name '{name}'")

    def _history(self, query: dict[str, str]) -> None:
        experiment, name, index = query["run_id"].split("|")
        values = self.server.runs[experiment, name][int(index)][query["metric_key"]]
        start = int(query.get("page_token", 0))
        page: dict[str, Any] = {"metrics": [_metric(query["metric_key"], *v) for v in values[start : start + PAGE]]}
        self._reply(page | ({"next_page_token": str(start + PAGE)} if start + PAGE < len(values) else {}))

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._reply({"error_code": code, "message": message}, status)

    def _reply(self, document: dict[str, Any], status: int = 200) -> None:
        self.server.headers_seen.append(dict(self.headers))
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


def _metric(key: str, step: int, value: float | str) -> dict[str, Any]:
    """As MLflow writes it: a step of 0 is left out."""
    return {"key": key, "value": value, "timestamp": 0} | ({"step": step} if step else {})
