"""What every HTML page of ours begins with: it loads nothing, runs nothing, and foreign text stays in its place."""

from typing import Final

POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
)
ISOLATION: Final = "main *{unicode-bidi:isolate}"  # a bidi override in one answer turns nothing around it
