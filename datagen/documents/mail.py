"""Messages of e-mail: one in a file (`.eml`), or many (`.mbox`)."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any

from datagen.documents.encodings import decoded
from datagen.documents.pieces import Bad, LeftOut, Piece, Text
from datagen.documents.webpage import visible_text
from datagen.errors import FormatError

_ENVELOPE = ("From", "To", "Cc", "Date")


def read_eml(path: Path) -> Iterator[Piece]:
    """The message: its subject and what it says; attachments are listed, who wrote it when and to whom is left out."""
    yield from _pieces(_parsed(path.read_bytes()), "")


def read_mbox(path: Path) -> Iterator[Piece]:
    """A document for each message."""
    with path.open("rb") as file:
        if not file.read(5) == b"From ":
            raise FormatError("no mailbox: each message of one begins with a line 'From '")
    box: Any = mailbox.mbox(path, factory=_read, create=False)
    try:
        for number, message in enumerate(box, 1):
            yield from _pieces(message, f"#{number}")
    finally:
        box.close()


def _read(file: Any) -> Any:
    return _parsed(file.read())


def _parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)


def _pieces(message: EmailMessage, mark: str) -> Iterator[Piece]:
    body = message.get_body(preferencelist=("plain", "html"))
    subject = str(message.get("Subject") or "").strip()
    try:
        said = _text_of(body) if body is not None else ""
    except FormatError as error:
        yield Bad(mark, str(error))
        return
    yield Text(mark, "\n\n".join(part for part in (subject, said.strip()) if part))
    for part in message.iter_attachments() if message.is_multipart() else ():
        name = part.get_filename() or part.get_content_type()
        yield Bad(f"{mark}#{name}", "an attachment, which is not read; save it as a file of its own")
    envelope = [value for name, value in message.raw_items() if name.title() in _ENVELOPE]  # parsing some raises
    if envelope:
        yield LeftOut(mark, "who wrote it when and to whom", sum(map(len, envelope)))


def _text_of(body: MIMEPart) -> str:
    """What a part says, in the encoding that it names, or else proves."""
    data: Any = body.get_payload(decode=True)
    named = body.get_content_charset() or ""
    try:
        text = data.decode(named or "utf-8")
    except (LookupError, UnicodeDecodeError):
        text = decoded(data)
    return visible_text(text.encode("utf-8", "replace")) if body.get_content_type() == "text/html" else text
