"""A Lambda that keeps functions in memory and refuses what AWS refuses, such as changes while one is pending."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from lambda_package.runtime import Runtime
from tests.fakes.aws_model import AwsError, FakeService

MAX_TIMEOUT_S = 900  # AWS "Lambda quotas"; the model allows 5400, which is for managed instances
UNRESERVED_MIN = 100
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
SETTINGS = ("Description", "Handler", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout", "Environment")


@dataclass
class FakeFunction:
    settings: dict[str, Any]
    code: bytes
    architectures: list[str]
    tags: dict[str, str]
    image: str = ""
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reserved: int | None = None
    created: bool = False
    pending: int = 0

    @property
    def code_sha256(self) -> str:
        if self.image:
            return self.image.partition("@sha256:")[2]
        return base64.b64encode(hashlib.sha256(self.code).digest()).decode()

    @property
    def snapshot(self) -> dict[str, Any]:
        return {**self.settings, "CodeSha256": self.code_sha256, "Architectures": self.architectures}


@dataclass
class FakeLambda(FakeService):
    """A change is pending for `settles_after` looks; the first `role_unknown_for` creations find an unknown role."""

    service: ClassVar[str] = "lambda"

    functions: dict[str, FakeFunction] = field(default_factory=dict)
    roles: Callable[[], set[str]] = field(default=lambda: set())
    images: Callable[[str], str] = field(default=lambda uri: "")
    layers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    objects: Callable[[str, str], bytes] = field(default=lambda bucket, key: b"")
    settles_after: int = 0
    role_unknown_for: int = 0
    account_limit: int = 1000

    def create_function(self, **request: Any) -> dict[str, Any]:
        name = request["FunctionName"]
        if name in self.functions:
            raise AwsError("ResourceConflictException", f"Function already exist: {name}", 409)
        self._check_role(request["Role"])
        self._check_limits(request)
        settings = {key: request[key] for key in SETTINGS if key in request}
        settings |= _layers(request)
        architectures, tags = request.get("Architectures", ["x86_64"]), request.get("Tags", {})
        if request.get("PackageType") == "Image":
            refused = {"Runtime", "Handler", "Layers"} & request.keys()
            if refused:
                raise AwsError("InvalidParameterValueException", f"Please don't provide {refused} when using Image")
            function = FakeFunction(settings, b"", architectures, tags, self._image(request["Code"]))
        else:
            function = FakeFunction(settings, self._code(self._bytes(request["Code"])), architectures, tags)
        function.pending = self.settles_after
        self.functions[name] = function
        return self._configuration(name, function)

    def get_function(self, *, FunctionName: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        name, function = self._find(FunctionName)
        return {"Configuration": self._configuration(name, function), "Tags": function.tags}

    def get_function_configuration(self, *, FunctionName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._find(FunctionName)
        shown = self._configuration(name, function)
        function.pending = max(0, function.pending - 1)
        function.created = function.created or function.pending == 0
        return shown

    def update_function_code(self, *, FunctionName: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._changeable(FunctionName)
        if ("ImageUri" in request) != bool(function.image):
            raise AwsError("InvalidParameterValueException", "Please provide the kind of code that the function has")
        if function.image:
            function.image = self._image(request)
        else:
            function.code = self._code(self._bytes(request))
        function.architectures = request.get("Architectures", function.architectures)
        function.pending = self.settles_after
        return self._configuration(name, function)

    def update_function_configuration(self, *, FunctionName: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._changeable(FunctionName)
        self._check_role(request["Role"])
        self._check_limits(request)
        function.settings |= {key: request[key] for key in SETTINGS if key in request} | _layers(request)
        function.pending = self.settles_after
        return self._configuration(name, function)

    def publish_layer_version(self, *, LayerName: str, Content: dict[str, Any], **request: Any) -> dict[str, Any]:  # noqa: N803
        self._code(self._bytes(Content))
        versions = self.layers.setdefault(LayerName, [])
        number = 1 + max((version["Version"] for version in versions), default=0)
        arn = self.arn(f"layer:{LayerName}:{number}")
        versions.append({"LayerVersionArn": arn, "Version": number, **request})
        return versions[-1]

    def list_layer_versions(self, *, LayerName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"LayerVersions": self.layers.get(LayerName, [])[::-1]}

    def delete_layer_version(self, *, LayerName: str, VersionNumber: int) -> dict[str, Any]:  # noqa: N803
        kept = [version for version in self.layers.get(LayerName, []) if version["Version"] != int(VersionNumber)]
        self.layers[LayerName] = kept
        return {}

    def delete_function(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        name, _ = self._find(FunctionName)
        del self.functions[name]
        return {"StatusCode": 204}

    def publish_version(self, *, FunctionName: str, CodeSha256: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._changeable(FunctionName)
        if CodeSha256 and CodeSha256 != function.code_sha256:
            raise AwsError(
                "InvalidParameterValueException", "CodeSHA256 is different from current CodeSHA256 in $LATEST"
            )
        latest = str(len(function.versions))
        if function.versions.get(latest) != function.snapshot:
            latest = str(len(function.versions) + 1)
            function.versions[latest] = function.snapshot
        return self._configuration(name, function) | {"Version": latest}

    def create_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._find(FunctionName)
        if Name in function.aliases:
            raise AwsError("ResourceConflictException", f"Alias already exists: {Name}", 409)
        return self._set_alias(name, function, Name, FunctionVersion)

    def update_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        name, function = self._find(FunctionName)
        self._alias(function, Name)
        return self._set_alias(name, function, Name, FunctionVersion)

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        name, function = self._find(FunctionName)
        return self._shown_alias(name, Name, self._alias(function, Name))

    def put_function_concurrency(self, *, FunctionName: str, ReservedConcurrentExecutions: int) -> dict[str, Any]:  # noqa: N803
        _, function = self._find(FunctionName)
        if self.account_limit - ReservedConcurrentExecutions < UNRESERVED_MIN:
            raise AwsError(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{UNRESERVED_MIN}].",
            )
        function.reserved = ReservedConcurrentExecutions
        return {"ReservedConcurrentExecutions": ReservedConcurrentExecutions}

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        _, function = self._find(FunctionName)
        return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}

    def add_permission(self, **request: Any) -> dict[str, Any]:
        sid, caller = request["StatementId"], request["Principal"]
        name, function = self._find(request["FunctionName"])
        qualifier = request.get("Qualifier", "")
        if qualifier:
            self._alias(function, qualifier)
        statements = function.policies.setdefault(qualifier, [])
        if any(statement["Sid"] == sid for statement in statements):
            raise AwsError("ResourceConflictException", f"The statement id ({sid}) provided already exists.", 409)
        principal = {"AWS": caller} if caller.startswith("arn:") else {"Service": caller}
        resource = ":".join(part for part in (self.arn(f"function:{name}"), qualifier) if part)
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": request["Action"],
            "Resource": resource,
        }
        statements.append(statement)
        return {"Statement": json.dumps(statement)}

    def remove_permission(self, *, FunctionName: str, StatementId: str, **rest: Any) -> dict[str, Any]:  # noqa: N803
        _, function = self._find(FunctionName)
        statements = function.policies.get(rest.get("Qualifier", ""), [])
        kept = [statement for statement in statements if statement["Sid"] != StatementId]
        if len(kept) == len(statements):
            raise AwsError("ResourceNotFoundException", f"Statement {StatementId} is not found", 404)
        function.policies[rest.get("Qualifier", "")] = kept
        return {}

    def get_policy(self, *, FunctionName: str, **rest: Any) -> dict[str, Any]:  # noqa: N803
        _, function = self._find(FunctionName)
        statements = function.policies.get(rest.get("Qualifier", ""), [])
        if not statements:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}

    def invoke(self, *, FunctionName: str, Payload: bytes | str = b"{}", **_: Any) -> dict[str, Any]:  # noqa: N803
        """Run the code in the emulator, as the real service would."""
        name, function = self._find(FunctionName)
        runtime, handler = function.settings["Runtime"], function.settings["Handler"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{name}.zip")
            path.write_bytes(function.code)
            with Runtime(path, runtime=runtime, handler=handler, timeout_s=function.settings["Timeout"]) as started:
                invocation = started.invoke(Payload.encode() if isinstance(Payload, str) else Payload)
        if invocation.error is None:
            return {"StatusCode": 200, "Payload": json.dumps(invocation.payload).encode()}
        report = {"errorType": invocation.error.type, "errorMessage": invocation.error.message}
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(report).encode()}

    def _find(self, name_or_arn: str) -> tuple[str, FakeFunction]:
        name = name_or_arn.split(":function:")[-1].split(":")[0]
        if name not in self.functions:
            raise AwsError("ResourceNotFoundException", f"Function not found: {self.arn(f'function:{name}')}", 404)
        return name, self.functions[name]

    def _changeable(self, name: str) -> tuple[str, FakeFunction]:
        name, function = self._find(name)
        if function.pending:
            words = f"The operation cannot be performed at this time. An update is in progress for resource: {name}"
            raise AwsError("ResourceConflictException", words, 409)
        return name, function

    def _alias(self, function: FakeFunction, alias: str) -> str:
        if alias not in function.aliases:
            raise AwsError("ResourceNotFoundException", f"Cannot find alias arn: {alias}", 404)
        return function.aliases[alias]

    def _set_alias(self, name: str, function: FakeFunction, alias: str, version: str) -> dict[str, Any]:
        if version not in function.versions:
            raise AwsError("ResourceNotFoundException", f"Function not found: {name}:{version}", 404)
        function.aliases[alias] = version
        return self._shown_alias(name, alias, version)

    def _shown_alias(self, name: str, alias: str, version: str) -> dict[str, Any]:
        return {"AliasArn": self.arn(f"function:{name}:{alias}"), "Name": alias, "FunctionVersion": version}

    def _check_role(self, role: str) -> None:
        if self.role_unknown_for > 0 or role not in self.roles():
            self.role_unknown_for -= 1
            words = "The role defined for the function cannot be assumed by Lambda."
            raise AwsError("InvalidParameterValueException", words)

    def _check_limits(self, request: dict[str, Any]) -> None:
        if request.get("Timeout", 3) > MAX_TIMEOUT_S:
            raise AwsError("InvalidParameterValueException", f"Timeout must be at most {MAX_TIMEOUT_S}")

    def _image(self, code: dict[str, Any]) -> str:
        """The image in ECR that the code names, by its digest."""
        digest = self.images(code["ImageUri"])
        if not digest:
            raise AwsError("InvalidParameterValueException", f"Source image {code['ImageUri']} does not exist.")
        return f"{code['ImageUri'].rpartition(':')[0]}@{digest}"

    def _bytes(self, code: dict[str, Any]) -> bytes:
        """The code in the request, of at most 50 MB, or the object in S3 that it names."""
        if "ZipFile" not in code:
            return self.objects(code["S3Bucket"], code["S3Key"])
        if len(code["ZipFile"]) > MAX_UPLOAD_BYTES:
            raise AwsError("RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes", 413)
        return bytes(code["ZipFile"])

    def _code(self, data: bytes) -> bytes:
        try:
            zipfile.ZipFile(io.BytesIO(data)).testzip()
        except zipfile.BadZipFile:
            raise AwsError("InvalidParameterValueException", "Could not unzip uploaded file.") from None
        return bytes(data)

    def _configuration(self, name: str, function: FakeFunction) -> dict[str, Any]:
        settling = function.pending > 0
        return {
            "FunctionName": name,
            "FunctionArn": self.arn(f"function:{name}"),
            "Version": "$LATEST",
            "State": "Pending" if settling and not function.created else "Active",
            "LastUpdateStatus": "InProgress" if settling else "Successful",
            "CodeSize": len(function.code),
            "PackageType": "Image" if function.image else "Zip",
            **function.snapshot,
        }


def _layers(request: dict[str, Any]) -> dict[str, Any]:
    """Layers are asked for by ARN and shown as objects."""
    return {"Layers": [{"Arn": arn} for arn in request["Layers"]]} if "Layers" in request else {}
