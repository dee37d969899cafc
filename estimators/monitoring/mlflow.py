"""Training metrics from an MLflow tracking server's REST API, as the same points as from CSV files and logs.

A server is an `http(s)://` address, or the ARN of a SageMaker tracking server, whose requests are signed. Sources:
MLflow's REST API 2.0 (experiments/get-by-name, runs/search, metrics/get-history); sagemaker-mlflow 0.5.0 for AWS's
endpoint, header and signing name.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from estimators.errors import JobError, OutputError
from estimators.monitoring.metrics import NAMES, Point, in_order
from rewards.errors import SpecError
from rewards.origins import checked_url, open_url

Headers = dict[str, str]
Sign = Callable[[str, str, bytes | None, Headers], Headers]
_SERVER_ARN: Final = re.compile(r"arn:aws[a-z-]*:sagemaker:([a-z0-9-]+):\d{12}:mlflow-tracking-server/\S+")
_PAGE: Final = 1_000
_TIMEOUT_S: Final = 60


def read_mlflow(uri: str, *, experiment: str, run: str, session: Any = None) -> tuple[Point, ...]:
    """Every metric of the latest run of this name in an experiment.

    `session` (a `boto3.Session`) signs the requests to a server that `uri` names by its ARN. Raises `JobError` where
    the server refuses or knows no such run, and `OutputError` for what is neither an address nor such an ARN.
    """
    server = _server(uri, session)
    found = server.ask("experiments/get-by-name", {"experiment_name": experiment})
    run_id, names = _latest(server, found["experiment"]["experiment_id"], run)
    return in_order(point for name in names for point in _history(server, run_id, name))


@dataclass(frozen=True, slots=True)
class _Server:
    """A tracking server: its address, and how a request to it is signed."""

    base: str
    sign: Sign

    def ask(
        self, method: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The JSON response of a method; a POST if there is a body."""
        url = f"{self.base}/api/2.0/mlflow/{method}"
        url += f"?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}" if query else ""
        data = None if body is None else json.dumps(body).encode()
        headers = self.sign("POST" if data else "GET", url, data, {"Content-Type": "application/json"})
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - the scheme was checked
        try:
            with open_url(request, timeout_s=_TIMEOUT_S) as reply:
                found: Mapping[str, Any] = json.loads(reply.read())
        except urllib.error.HTTPError as error:
            raise JobError(f"MLflow at {self.base} refuses {method}: {_reason(error)}") from error
        except (OSError, ValueError) as error:
            raise JobError(f"MLflow at {self.base} does not answer {method}: {error}") from error
        return found


def _server(uri: str, session: Any) -> _Server:
    arn = _SERVER_ARN.fullmatch(uri)
    if arn:
        return _Server(f"https://{arn.group(1)}.experiments.sagemaker.aws", _signing(uri, arn.group(1), session))
    try:
        base = checked_url(uri)
    except SpecError as error:
        advice = "give http(s)://… or the ARN of a SageMaker tracking server"
        raise OutputError(f"no MLflow server: {error}; {advice}") from None
    return _Server(base, lambda method, url, data, headers: headers)


def _signing(arn: str, region: str, session: Any) -> Sign:
    """How AWS wants requests to its tracking servers signed: SigV4, with the server's ARN in a header."""

    def sign(method: str, url: str, data: bytes | None, headers: Headers) -> Headers:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, {**headers, "x-mlflow-sm-tracking-server-arn": arn}, data)
        SigV4Auth(session.get_credentials(), "sagemaker-mlflow", region).add_auth(request)
        return dict(request.headers.items())

    return sign


def _latest(server: _Server, experiment_id: str, run: str) -> tuple[str, tuple[str, ...]]:
    """The id of the run that began last, and the names of its metrics."""
    quoted = run.replace("'", "\\'")
    wanted = {
        "experiment_ids": [experiment_id],
        "filter": f"attributes.run_name = '{quoted}'",
        "order_by": ["attributes.start_time DESC"],
        "max_results": 1,
    }
    runs = server.ask("runs/search", body=wanted).get("runs", [])
    if not runs:
        raise JobError(f"MLflow at {server.base} has no run {run!r} in this experiment")
    metrics = runs[0].get("data", {}).get("metrics", [])
    return runs[0]["info"]["run_id"], tuple(metric["key"] for metric in metrics)


def _history(server: _Server, run_id: str, name: str) -> Iterator[Point]:
    query = {"run_id": run_id, "metric_key": name, "max_results": str(_PAGE)}
    while True:
        reply = server.ask("metrics/get-history", query)
        for metric in reply.get("metrics", []):
            # Numbers that JSON does not know arrive as text: "NaN", "Infinity"; a step of 0 may be left out.
            yield Point(int(metric.get("step", 0)), NAMES.get(name, name), float(metric["value"]))
        if not reply.get("next_page_token"):
            return
        query["page_token"] = reply["next_page_token"]


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return f"{error.code}: {json.loads(error.read())['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
