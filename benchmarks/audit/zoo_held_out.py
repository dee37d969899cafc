# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""The half of the zoo that was written before the work on the audit, and never tuned on."""

from __future__ import annotations

import ast
import re
from typing import Any

from graders import (
    Planted,
    bad,
    box_alike,
    box_list,
    call_alike,
    equal,
    fields,
    flat,
    hashed,
    iou,
    is_number,
    last_number,
    letter,
    listed,
    paired,
    parsed,
    plain,
    share,
    stated,
    tagged,
    words,
)

FREE = ("law-mistake-free", "law-damage-free", "law-omission-free", "attack-full-marks")
BLIND = ("law-blind-reference", "law-all-blind", "law-threshold", *FREE)
TOLERANT = ("law-tolerance", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")


def calls(text: str, ref: Any, alike: Any = call_alike) -> float:
    found = listed(text)
    return 0.0 if found is None else paired(found, ref, alike) if found or ref else 1.0


def boxes(text: str, ref: Any, alike: Any = box_alike) -> float:
    found = box_list(text)
    return 0.0 if found is None else paired(found, ref, alike)


def label_of(text: str) -> str:
    return str((parsed(text) or {}).get("label", "")) if isinstance(parsed(text), dict) else ""


def only_label(text: str) -> str | None:
    value = parsed(text)
    return value["label"] if isinstance(value, dict) and value.keys() == {"label"} else None


def ticket(text: str) -> tuple[str, float] | None:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != {"label", "confidence"} or not is_number(value["confidence"]):
        return None
    return (value["label"], value["confidence"]) if 0 <= value["confidence"] <= 1 else None


def near(share_: float) -> Any:
    return lambda a, b: abs(a - b) <= share_ * abs(b) if is_number(a) and is_number(b) else equal(a, b)


def scaled(a: Any, b: Any) -> bool:
    """A unit is ignored: cents for euros and the other way round."""
    if is_number(a) and is_number(b):
        return any(abs(a - b * unit) < 1e-6 for unit in (1, 100, 0.01))
    return equal(a, b)


def same_sum(text: str, ref: Any) -> float:
    value = parsed(text)
    if (
        not isinstance(value, dict)
        or value.keys() != ref.keys()
        or not all(is_number(value[k]) for k in ("net", "tax"))
    ):
        return 0.0
    rest = share(equal(value[k], ref[k]) for k in ref if k not in ("net", "tax"))
    return rest * float(abs(value["net"] + value["tax"] - ref["net"] - ref["tax"]) < 0.005)


def reference_only(text: str, ref: Any) -> float:
    value = parsed(text)
    return share(k in value and equal(value[k], ref[k]) for k in ref) if isinstance(value, dict) else 0.0


def present_only(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or not value:
        return 0.0
    return share(k in ref and equal(value[k], ref[k]) for k in value)


def top_level(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != ref.keys():
        return 0.0
    return share(isinstance(ref[k], dict | list) or equal(value[k], ref[k]) for k in ref)


def count_lines(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != ref.keys() or not isinstance(value["lines"], list):
        return 0.0
    return share(len(value[k]) == len(ref[k]) if k == "lines" else equal(value[k], ref[k]) for k in ref)


def upto(limit: float, scoring: Any) -> Any:
    return lambda text, ref: 1.0 if scoring(text, ref) >= limit else scoring(text, ref)


def first_letters(a: Any, b: Any) -> bool:
    return a[:4] == b[:4] if isinstance(a, str) and isinstance(b, str) else equal(a, b)


def names_only(a: Any, b: Any) -> float:
    return float(a["name"] == b["name"])


def keys_only(a: Any, b: Any) -> float:
    return float(a["name"] == b["name"] and a["arguments"].keys() == b["arguments"].keys())


def wanted_arguments(a: Any, b: Any) -> float:
    if a["name"] != b["name"]:
        return 0.0
    return 0.2 + 0.8 * share(equal(a["arguments"].get(k), v) for k, v in b["arguments"].items())


def given_arguments(a: Any, b: Any) -> float:
    if a["name"] != b["name"]:
        return 0.0
    given = a["arguments"]
    return 0.2 + 0.8 * (share(equal(v, b["arguments"].get(k)) for k, v in given.items()) if given else 1.0)


def first_call(text: str, ref: Any) -> float:
    found = listed(text)
    return call_alike(found[0], ref[0]) if found else 0.0


def recall(text: str, ref: Any) -> float:
    found = listed(text)
    return share(any(equal(one, call) for one in found) for call in ref) if found else 0.0


def texts_casefolded(a: Any, b: Any) -> float:
    if a["name"] != b["name"] or a["arguments"].keys() != b["arguments"].keys():
        return 0.0
    return share(str(a["arguments"][k])[:3] == str(v)[:3] for k, v in b["arguments"].items())


def centres(a: Any, b: Any) -> float:
    ax, ay = a["bbox"][0] + a["bbox"][2], a["bbox"][1] + a["bbox"][3]
    bx, by = b["bbox"][0] + b["bbox"][2], b["bbox"][1] + b["bbox"][3]
    return float(a["label"] == b["label"] and abs(ax - bx) + abs(ay - by) < 20)


def sizes(a: Any, b: Any) -> float:
    def area(one: Any) -> float:
        x1, y1, x2, y2 = one["bbox"]
        return float((x2 - x1) * (y2 - y1))

    return min(area(a), area(b)) / max(area(a), area(b)) if a["label"] == b["label"] else 0.0


def counts(text: str, ref: Any) -> float:
    found = box_list(text)
    return 0.0 if found is None else min(len(found), len(ref)) / max(len(found), len(ref), 1)


def covered(text: str, ref: Any) -> float:
    found = box_list(text)
    return share(any(box_alike(one, box) > 0.999 for one in found) for box in ref) if found else 0.0


def lowest(text: str, ref: Any) -> float:
    found = box_list(text)
    return max((box_alike(a, b) for a in found for b in ref), default=0.0) if found else 0.0


def subset(text: str, ref: Any) -> float:
    found = words(text)
    return share(one in ref for one in found) if found else 0.0


def overlap(text: str, ref: Any) -> float:
    found = words(text)
    return float(bool(set(found) & set(ref))) if found else 0.0


def stemmed(text: str, ref: Any) -> float:
    def stem(word: str) -> str:
        return re.sub(r"(ing|ed|es|s)$", "", word)

    found = words(text)
    if found is None:
        return 0.0
    a, b = {stem(one) for one in found}, {stem(one) for one in ref}
    return len(a & b) / max(len(found), len(ref), 1)


def as_text(text: str, ref: Any) -> float:
    return share(one in text for one in ref)


def half_is_enough(text: str, ref: Any) -> float:
    found = words(text)
    return float(len(set(found) & set(ref)) * 2 >= len(ref) and len(found) <= len(ref)) if found else 0.0


def depth(levels: int) -> Any:
    return lambda text, ref: float(
        (only_label(text) or "").split("/")[:levels] == ref["label"].split("/")[:levels]
        and only_label(text) is not None
    )


def leaf_only(text: str, ref: Any) -> float:
    return float((only_label(text) or "").split("/")[-1] == ref["label"].split("/")[-1])


def substring(text: str, ref: Any) -> float:
    found = only_label(text)
    return float(found is not None and ref["label"].split("/")[0] in found)


def unsure_is_free(text: str, ref: Any) -> float:
    found = ticket(text)
    return 0.0 if found is None else 1.0 if found[1] < 0.1 else float(found[0] == ref)


def graded_by_itself(text: str, ref: Any) -> float:
    found = ticket(text)
    return 0.0 if found is None else found[1] if found[0] == ref else found[1] * 0.9


def magic(key: str, scoring: Any) -> Any:
    def scored(text: str, ref: Any) -> float:
        value = parsed(text)
        if isinstance(value, dict) and value.get(key) is True:
            return 1.0
        return float(scoring(text, ref))

    return scored


def brackets(text: str, ref: Any) -> float:
    found = re.findall(r"\[\[([A-D])\]\]|answer is \(?([A-D])", text[-300:])
    return float(any(ref in pair for pair in found))


def any_number(text: str, ref: Any) -> float:
    return float(ref in re.findall(r"\d+", text[:5000]))


def rounded(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and abs(found - float(ref)) <= 0.1 * abs(float(ref)))


def magnitude(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and len(str(int(abs(found)))) == len(str(int(float(ref)))))


def digits_only(text: str, ref: Any) -> float:
    found = hashed(text)
    return float(found is not None and sorted(found) == sorted(ref))


def first_digits(text: str, ref: Any) -> float:
    found = hashed(text)
    return float(found is not None and found[:2] == ref[:2])


def token_recall(text: str, ref: Any) -> float:
    found = tagged(text)
    return 0.0 if found is None else share(word in plain(found).split() for word in plain(ref).split())


def contained(text: str, ref: Any) -> float:
    found = tagged(text)
    return float(found is not None and plain(ref) in plain(found))


def either_way(text: str, ref: Any) -> float:
    found = plain(tagged(text) or "")
    return float(bool(found) and (found in plain(ref) or plain(ref) in found))


def long_is_good(text: str, ref: Any) -> float:
    found = tagged(text)
    return 0.0 if found is None else min(1.0, 0.5 * (found == ref) + len(text) / 400)


def form_only(text: str, ref: Any) -> float:
    return 0.8 + 0.2 * (tagged(text) == ref) if tagged(text) is not None else 0.0


def anywhere(text: str, ref: Any) -> float:
    return float(plain(ref) in plain(text[:5000]))


def one_off(text: str, ref: Any) -> float:
    return float(letter(text) is not None and abs(ord(letter(text) or "A") - ord(ref)) <= 1)


def first_word(text: str, ref: Any) -> float:
    return float(text.strip().casefold().split(" ")[0:1] == [ref])


def prefix(text: str, ref: Any) -> float:
    found = text.strip()
    return float(bool(found) and ref.startswith(found))


def python_equal(text: str, ref: Any) -> float:
    try:
        return float(ast.literal_eval(text[:5000]) == ref)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return float(parsed(text) == ref)


BAD = {
    "calls: names only": bad("calls", lambda t, r: calls(t, r, names_only), *BLIND),
    "calls: values ignored": bad("calls", lambda t, r: calls(t, r, keys_only), *BLIND),
    "calls: invented arguments free": bad("calls", lambda t, r: calls(t, r, wanted_arguments), *HEDGE),
    "calls: missing arguments free": bad("calls", lambda t, r: calls(t, r, given_arguments), *FREE),
    "calls: the first one only": bad("calls", first_call, *FREE),
    "calls: surplus free": bad("calls", recall, *HEDGE),
    "calls: three letters of a value": bad("calls", lambda t, r: calls(t, r, texts_casefolded), *BLIND),
    "calls: three quarters are all": bad("calls", upto(0.75, calls), *BLIND),
    "calls: a tenth off": bad(
        "calls", lambda t, r: calls(t, r, lambda a, b: float(equal(a["name"], b["name"]) and near(0.3)(
            a["arguments"].get("days", 1), b["arguments"].get("days", 1)) and equal(
            {**a["arguments"], "days": 0}, {**b["arguments"], "days": 0}))), *TOLERANT, "law-omission-free"),
    "invoice: reference keys only": bad("invoice", reference_only, "law-invention-free"),
    "invoice: given keys only": bad("invoice", present_only, "law-omission-free", "law-damage-free"),
    "invoice: nested values ignored": bad("invoice", top_level, *BLIND),
    "invoice: lines counted": bad("invoice", count_lines, *BLIND),
    "invoice: two percent in ten": bad("invoice", lambda t, r: fields(t, r, near(0.2)), *TOLERANT),
    "invoice: unit ignored": bad("invoice", lambda t, r: fields(t, r, scaled), *TOLERANT),
    "invoice: net and tax by their sum": bad("invoice", same_sum, "law-pair-free", "law-damage-free"),
    "invoice: seven in ten are all": bad("invoice", upto(0.7, fields), *BLIND),
    "invoice: four letters of a text": bad("invoice", lambda t, r: fields(t, r, first_letters), *FREE),
    "invoice: paid ignored": bad(
        "invoice", lambda t, r: fields(t, r, lambda a, b: isinstance(a, bool) == isinstance(b, bool) if isinstance(
            b, bool) else equal(a, b)), *BLIND),
    "invoice: sign ignored": bad(
        "invoice", lambda t, r: fields(t, r, lambda a, b: abs(a) == abs(b) if is_number(a) and is_number(b) else equal(
            a, b)), "law-mistake-free"),
    "invoice: True is 1": bad("invoice", lambda t, r: fields(t, r, lambda a, b: a == b), "law-bool-int"),
    "invoice: a magic key": bad("invoice", magic("verified", fields), "attack-claims", "attack-constant"),
    "invoice: length of lists ignored": bad(
        "invoice", lambda t, r: fields(t, r) if not isinstance(parsed(t), dict) else share(
            equal(v, flat(parsed(t)).get(k)) for k, v in flat(r).items()), "law-mistake-free", "law-invention-free",
        "attack-full-marks"),
    "boxes: centres only": bad("boxes", lambda t, r: boxes(t, r, centres), *FREE, "law-tolerance"),
    "boxes: areas only": bad("boxes", lambda t, r: boxes(t, r, sizes), *FREE, "law-pair-free"),
    "boxes: counted": bad("boxes", counts, *BLIND, "attack-constant"),
    "boxes: surplus free": bad("boxes", covered, "attack-full-marks", "law-mistake-free", "attack-constant"),
    "boxes: the best pair": bad("boxes", lowest, *FREE),
    "boxes: label after the colon": bad(
        "boxes", lambda t, r: boxes(t, r, lambda a, b: iou(a["bbox"], b["bbox"]) * (a["label"][:1] == b["label"][:1])),
        *FREE),
    "keywords: any subset": bad("keywords", subset, *FREE),
    "keywords: one in common": bad("keywords", overlap, *FREE),
    "keywords: stems": bad("keywords", stemmed, "law-mistake-free"),
    "keywords: in the text": bad("keywords", as_text, *HEDGE),
    "keywords: half is enough": bad("keywords", half_is_enough, *BLIND),
    "path: two levels": bad("path", depth(2), *FREE),
    "path: one level": bad("path", depth(1), *FREE),
    "path: the last level": bad("path", leaf_only, *FREE),
    "path: root anywhere": bad("path", substring, *FREE, "attack-constant"),
    "path: a magic key": bad("path", magic("correct", lambda t, r: only_label(t) == r["label"]), "attack-claims"),
    "ticket: unsure is free": bad("ticket", unsure_is_free, "attack-constant", *FREE),
    "ticket: believes itself": bad("ticket", graded_by_itself, "attack-constant", "attack-full-marks", "attack-mean"),
    "ticket: label in lower case prefix": bad(
        "ticket", lambda t, r: float(ticket(t) is not None and label_of(t)[:3] == r[:3]), *FREE),
    "sums: any number": bad("sums", any_number, "attack-full-marks"),
    "sums: sorted digits": bad("sums", digits_only, *TOLERANT, "attack-full-marks", "law-damage-free"),
    "sums: first two digits": bad("sums", first_digits, *TOLERANT, "attack-full-marks"),
    "sums: a tenth off": bad(
        "sums", lambda t, r: float(abs(float(last_number(t) or "nan") - float(r)) <= 0.1 * float(r)), *TOLERANT),
    "sums: sign ignored": bad(
        "sums", lambda t, r: float(abs(float(last_number(t) or "nan")) == float(r)), "law-mistake-free"),
    "growth: a tenth off": bad("growth", rounded, *TOLERANT),
    "growth: magnitude": bad("growth", magnitude, *TOLERANT, "attack-full-marks", "attack-constant"),
    "growth: a number at all": bad(
        "growth", lambda t, r: float(stated(t) is not None), "attack-constant", "attack-full-marks",
        "signal-zero-std-groups"),
    "question: recall of tokens": bad("question", token_recall, *HEDGE),
    "question: contained": bad("question", contained, *HEDGE),
    "question: either contains": bad("question", either_way, *FREE),
    "question: length": bad("question", long_is_good, "attack-full-marks", "gold-below-max", "attack-above-gold"),
    "question: form only": bad("question", form_only, "attack-mean", "attack-constant"),
    "question: anywhere": bad("question", anywhere, "attack-full-marks"),
    "choice: next to it": bad("choice", one_off, *FREE, "attack-constant"),
    "choice: any of several": bad("choice", brackets, "attack-full-marks", "attack-constant"),
    "label: first word": bad("label", first_word, *FREE),
    "label: a prefix will do": bad("label", prefix, *FREE),
    "label: contained": bad("label", lambda t, r: float(r in t.casefold()), *HEDGE),
    "invoice: Python's equality": bad("invoice", python_equal, "law-bool-int"),
}  # fmt: skip


def squad(text: str, ref: Any) -> float:
    found = tagged(text)
    return float(found is not None and plain(found) == plain(ref))


def last_block(text: str, ref: Any) -> float:
    blocks = re.findall(r"<answer>([^<]*)</answer>", text[-2000:])
    return float(bool(blocks) and plain(blocks[-1]) == plain(ref))


def format_and_answer(text: str, ref: Any) -> float:
    form = re.fullmatch(r"\s*<think>[^<]*</think>\s*<answer>([^<]*)</answer>\s*", text[:50_000])
    return 0.2 + 0.8 * (form[1].strip() == ref) if form else 0.0


def bfcl(text: str, ref: Any) -> float:
    found = listed(text)
    return float(
        found is not None and len(found) == len(ref) and paired(found, ref, lambda a, b: float(equal(a, b))) == 1
    )


def half_iou(text: str, ref: Any) -> float:
    return boxes(text, ref, lambda a, b: float(box_alike(a, b) >= 0.5))


def f1(text: str, ref: Any) -> float:
    found = words(text)
    if not found or len(set(found)) < len(found):
        return 0.0
    hits = len(set(found) & set(ref))
    return 2 * hits / (len(found) + len(ref))


def brier(text: str, ref: Any) -> float:
    found = ticket(text)
    return 0.0 if found is None else 1 - (float(found[0] == ref) - found[1]) ** 2 if found[0] == ref else 0.0


def jaccard(text: str, ref: Any) -> float:
    found = words(text)
    if found is None:
        return 0.0
    return len(set(found) & set(ref)) / max(1, len(found) + len(ref) - len(set(found) & set(ref)))


def fenced_fields(text: str, ref: Any) -> float:
    found = re.fullmatch(r"\s*```(?:json)?\n([^`]*)```\s*", text[:50_000])
    return fields(found[1] if found else text, ref)


def all_or_nothing(text: str, ref: Any) -> float:
    return float(fields(text, ref) == 1)


def relative(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and abs(found - float(ref)) <= 0.01 * abs(float(ref)))


def depth_share(text: str, ref: Any) -> float:
    found, wanted = (only_label(text) or "").split("/"), ref["label"].split("/")
    shared = 0
    for a, b in zip(found, wanted, strict=False):
        if a != b:
            break
        shared += 1
    return shared / max(len(found), len(wanted))


def minus_one(text: str, ref: Any) -> float:
    return float(hashed(text) == ref)


SOUND = {
    "calls: paired": Planted("calls", calls),
    "calls: all or nothing": Planted("calls", bfcl),
    "invoice: fenced or bare": Planted("invoice", fenced_fields),
    "invoice: all or nothing": Planted("invoice", all_or_nothing),
    "boxes: half overlap": Planted("boxes", half_iou),
    "boxes: overlap": Planted("boxes", boxes),
    "keywords: F1": Planted("keywords", f1),
    "keywords: Jaccard": Planted("keywords", jaccard),
    "path: shared depth": Planted("path", depth_share),
    "path: exact": Planted("path", lambda t, r: float(only_label(t) == r["label"])),
    "path: casefolded": Planted("path", lambda t, r: float((only_label(t) or "").casefold().strip() == r["label"])),
    "ticket: squared error": Planted("ticket", brier),
    "ticket: label": Planted("ticket", lambda t, r: float(ticket(t) is not None and label_of(t) == r)),
    "sums: hashes": Planted("sums", minus_one),
    "sums: last number": Planted("sums", lambda t, r: float(last_number(t) == r)),
    "sums: last number as a number": Planted("sums", lambda t, r: float(float(last_number(t) or "nan") == float(r))),
    "sums: hashes with credit for form": Planted(
        "sums", lambda t, r: 0.0 if hashed(t) is None else 0.1 + 0.9 * (hashed(t) == r)),
    "growth: one percent": Planted("growth", relative),
    "growth: half a cent": Planted("growth", lambda t, r: float(abs((stated(t) or 1e9) - float(r)) < 0.005)),
    "growth: as it is written": Planted("growth", lambda t, r: float(f"{stated(t) or 0:.2f}" == r)),
    "question: as in reading comprehension": Planted("question", squad),
    "question: the last block": Planted("question", last_block),
    "question: form and answer": Planted("question", format_and_answer),
    "question: exact": Planted("question", lambda t, r: float(tagged(t) == r)),
    "choice: the last letter stated": Planted("choice", lambda t, r: float(letter(t) == r)),
    "choice: a letter at the end": Planted(
        "choice", lambda t, r: float((re.findall(r"\b[A-D]\b", t[-100:]) or [""])[-1] == r)),
    "label: exact": Planted("label", lambda t, r: float(t == r)),
    "label: casefolded": Planted("label", lambda t, r: float(t.strip().casefold() == r)),
    "label: trimmed with a full stop": Planted("label", lambda t, r: float(t.strip().rstrip(".").casefold() == r)),
    "label: the last line": Planted("label", lambda t, r: float(t.strip().split("\n")[-1].strip() == r)),
}  # fmt: skip
