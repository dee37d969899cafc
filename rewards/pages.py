"""What every HTML page of ours begins with: it loads nothing, runs our script at most, and isolates foreign text."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
)
ISOLATION: Final = "main *{unicode-bidi:isolate}"  # a bidi override in one answer turns nothing around it


def policy_for(script: str) -> str:
    """What the page may do: run this one script, known by its hash, and nothing else; without one it runs nothing."""
    if not script:
        return POLICY
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return POLICY.replace("style-src", f"script-src 'sha256-{digest}'; style-src")
