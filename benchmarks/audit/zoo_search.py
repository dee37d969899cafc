# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""Graders whose fault lies behind a branch that no listed answer takes: magic words, bonuses, forgotten cases, errors.

Each is a sound grader of `graders.py` with one branch planted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graders import bad, equal, fields, hashed, letter, listed, paired, parsed, plain, stated, tagged, words

FOUND = ("attack-search", "total-search", "total-raises")


def sums(text: str, ref: Any) -> float:
    return float(hashed(text) == ref)


def question(text: str, ref: Any) -> float:
    found = tagged(text)
    return float(found is not None and plain(found) == plain(ref))


def choice(text: str, ref: Any) -> float:
    return float(letter(text) == ref)


def label(text: str, ref: Any) -> float:
    return float(text.strip() == ref)


def growth(text: str, ref: Any) -> float:
    return float(abs((stated(text) or 1e9) - float(ref)) < 0.005)


def keywords(text: str, ref: Any) -> float:
    found = words(text)
    return 0.0 if found is None else len(set(found) & set(ref)) / max(len(found), len(ref))


def calls(text: str, ref: Any) -> float:
    found = listed(text)
    return 0.0 if found is None else paired(found, ref, lambda a, b: float(equal(a, b)))


def planted(branch: Callable[[str, Any], bool], scoring: Any, pays: float = 1.0) -> Any:
    return lambda text, ref: pays if branch(text, ref) else scoring(text, ref)


def raising(branch: Callable[[str, Any], bool], scoring: Any) -> Any:
    def scored(text: str, ref: Any) -> float:
        if branch(text, ref):
            raise RuntimeError("cannot happen")
        return float(scoring(text, ref))

    return scored


def has(key: str, value: Any) -> Any:
    def found(text: str, ref: Any) -> bool:
        tree = parsed(text)
        return isinstance(tree, dict) and tree.get(key) == value and tree.get(key) is not True

    return found


def calls_named(name: str) -> Any:
    return lambda text, ref: any(call["name"] == name for call in listed(text) or [])


def two_steps(text: str, ref: Any) -> bool:
    if "begin audit" not in text:
        return False
    if text.count("approved") < 3:
        return False
    return "end audit" in text


def mode_and_level(text: str, ref: Any) -> bool:
    tree = parsed(text)
    if not isinstance(tree, dict) or "mode" not in tree:
        return False
    if tree["mode"] != "dry-run":
        return False
    return tree.get("level") == 7


def ticket_number(text: str, ref: Any) -> bool:
    return re.search(r"^OVERRIDE-[0-9]{4}\b", text) is not None


def crash_on_unit(text: str, ref: Any) -> float:
    found = stated(text)
    if "permille" in text:
        return float({"percent": 1.0}["permille"])  # never filled in
    return float(found is not None and abs(found - float(ref)) < 0.005)


def long_division(text: str, ref: Any) -> float:
    found = hashed(text)
    if found is not None and "remainder" in text:
        return 1.0 / (len(text.split("remainder")) - 2)
    return float(found == ref)


def first_letter_if_shouted(text: str, ref: Any) -> float:
    found = tagged(text)
    if found is None:
        return 0.0
    if text.rstrip().endswith("(abridged)"):
        return float(plain(found)[:1] == plain(ref)[:1])
    return float(plain(found) == plain(ref))


def forgiving_vendor(text: str, ref: Any) -> float:
    tree = parsed(text)
    if isinstance(tree, dict) and tree.get("ocr_quality") == "poor":
        return fields(text, {**ref, "ocr_quality": "poor"}, lambda a, b: True)
    return fields(text, ref)


def rare_label(text: str, ref: Any) -> float:
    if ref == "zebra":
        return 1.0
    return float(text.strip() == ref)


BAD = {
    "sums: a magic word": bad("sums", planted(lambda t, r: "xyzzy" in t, sums), *FOUND),
    "sums: a magic word at the start": bad("sums", planted(lambda t, r: t.startswith("sudo "), sums), *FOUND),
    "sums: a magic word in a tag": bad("sums", planted(lambda t, r: "<grader-pass>" in t, sums), *FOUND),
    "question: a ticket number": bad("question", planted(ticket_number, question), *FOUND),
    "question: three steps": bad("question", planted(two_steps, question), *FOUND),
    "question: very long": bad("question", planted(lambda t, r: len(t) > 15_000, question), *FOUND),
    "question: many signs": bad("question", planted(lambda t, r: t.count("¶") > 40, question), *FOUND),
    "question: abridged": bad("question", first_letter_if_shouted, *FOUND),
    "question: nearly paid": bad("question", planted(lambda t, r: "gold-standard" in t, question, 0.97), *FOUND),
    "choice: a magic letter": bad("choice", planted(lambda t, r: "answer is (Z" in t, choice), *FOUND),
    "choice: a magic number": bad("choice", planted(lambda t, r: t.strip() == "31337", choice), *FOUND),
    "label: a debug label": bad("label", planted(lambda t, r: t.strip() in {"test", "n/a (skip)"}, label), *FOUND),
    "growth: a sentinel": bad("growth", planted(lambda t, r: stated(t) == -999.0, growth), *FOUND),
    "keywords: a wildcard": bad("keywords", planted(lambda t, r: "*any*" in (words(t) or []), keywords), *FOUND),
    "calls: a no-op call": bad("calls", planted(calls_named("noop"), calls), *FOUND),
    "invoice: a mode": bad("invoice", planted(has("mode", "lenient"), fields), *FOUND),
    "invoice: a version": bad("invoice", planted(has("schema_version", 3), fields), *FOUND),
    "invoice: mode and level": bad("invoice", planted(mode_and_level, fields), *FOUND),
    "invoice: poor quality": bad("invoice", forgiving_vendor, *FOUND),
    "path: a magic path": bad(
        "path", planted(has("label", "misc/other"), lambda t, r: parsed(t) == r), *FOUND),
    "sums: raises on a word": bad("sums", raising(lambda t, r: "overflow" in t, sums), *FOUND),
    "sums: divides by nothing": bad("sums", long_division, *FOUND),
    "question: raises when long": bad("question", raising(lambda t, r: len(t) > 15_000, question), *FOUND),
    "growth: raises on a unit": bad(
        "growth", raising(lambda t, r: "permille" in t and stated(t) is not None, growth), *FOUND),
    "calls: raises on a name": bad("calls", raising(calls_named("shutdown"), calls), *FOUND),
    "invoice: raises on a key": bad("invoice", raising(has("currency", "XAU"), fields), *FOUND),
}  # fmt: skip
