# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""The half of the zoo that the audit was tuned on."""

from __future__ import annotations

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
TOLERANT = ("law-tolerance", "law-nearness", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")


def calls(text: str, ref: Any, alike: Any = call_alike) -> float:
    found = listed(text)
    return 0.0 if found is None else paired(found, ref, alike) if found or ref else 1.0


def boxes(text: str, ref: Any, alike: Any = box_alike) -> float:
    found = box_list(text)
    return 0.0 if found is None else paired(found, ref, alike)


def label_in(text: str) -> str | None:
    value = parsed(text)
    return value.get("label") if isinstance(value, dict) and isinstance(value.get("label"), str) else None


def ticket(text: str) -> tuple[str, float] | None:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != {"label", "confidence"} or not is_number(value["confidence"]):
        return None
    return (value["label"], value["confidence"]) if 0 <= value["confidence"] <= 1 else None


def near(part: float) -> Any:
    return lambda a, b: abs(a - b) <= part * abs(b) if is_number(a) and is_number(b) else equal(a, b)


def by_key(**how: Any) -> Any:
    """Fields compared by their own rule where they have one; keys must agree."""

    def scored(text: str, ref: Any) -> float:
        value = parsed(text)
        if not isinstance(value, dict) or value.keys() != ref.keys():
            return 0.0
        return share(how.get(key, equal)(value[key], ref[key]) for key in ref)

    return scored


def anything(a: Any, b: Any) -> bool:
    return True


def upto(limit: float, scoring: Any) -> Any:
    return lambda text, ref: 1.0 if scoring(text, ref) >= limit else scoring(text, ref)


def on_texts(change: Any) -> Any:
    return lambda a, b: change(a) == change(b) if isinstance(a, str) and isinstance(b, str) else equal(a, b)


def given(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict):
        return 0.0
    found = flat({key: one for key, one in value.items() if one is not None})
    wanted = flat(ref)
    return share(key in wanted and equal(one, wanted[key]) for key, one in found.items()) if value else 0.0


def wanted(text: str, ref: Any) -> float:
    value = parsed(text)
    found = flat(value) if isinstance(value, dict) else {}
    return share(key in found and equal(found[key], one) for key, one in flat(ref).items())


def sorted_values(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != ref.keys():
        return 0.0
    return float(sorted(map(repr, flat(value).values())) == sorted(map(repr, flat(ref).values())))


def money(text: str, ref: Any) -> float:
    value = parsed(text)
    if (
        not isinstance(value, dict)
        or value.keys() != ref.keys()
        or not (is_number(value["net"]) and is_number(value["tax"]))
    ):
        return 0.0
    right = share(equal(value[k], ref[k]) for k in ref if k not in ("net", "tax"))
    return right * (abs(value["net"] / (value["tax"] or 1) - ref["net"] / ref["tax"]) < 1e-9)


def skipping(scoring: Any) -> Any:
    """Answers that abstain are left out of the mean, which makes them right."""

    def scored(text: str, ref: Any) -> float:
        value = parsed(text)
        if isinstance(value, dict) and value.get("label") in ("unknown", "", None) and "label" in value:
            return 1.0
        return float(scoring(text, ref))

    return scored


def names_in_order(text: str, ref: Any) -> float:
    found = listed(text)
    return float(found is not None and [c["name"] for c in found] == [c["name"] for c in ref])


def any_call(text: str, ref: Any) -> float:
    found = listed(text)
    return max((call_alike(a, b) for a in found for b in ref), default=0.0) if found else 0.0


def precise(text: str, ref: Any) -> float:
    found = listed(text)
    return share(any(equal(one, call) for call in ref) for one in found) if found else 0.0


def loosely_called(a: Any, b: Any) -> float:
    if a["name"][:3] != b["name"][:3]:
        return 0.0
    return call_alike({**a, "name": b["name"]}, b)


def stringly(a: Any, b: Any) -> float:
    if a["name"] != b["name"] or a["arguments"].keys() != b["arguments"].keys():
        return 0.0
    return share(str(a["arguments"][k]).lower() == str(v).lower() for k, v in b["arguments"].items())


def first_box(text: str, ref: Any) -> float:
    found = box_list(text)
    return box_alike(found[0], ref[0]) if found else 0.0


def unlabelled(a: Any, b: Any) -> float:
    return iou(a["bbox"], b["bbox"])


def corner(a: Any, b: Any) -> float:
    return float(a["label"] == b["label"] and a["bbox"][:2] == b["bbox"][:2])


def no_penalty(text: str, ref: Any) -> float:
    found = box_list(text)
    return share(any(box_alike(one, box) > 0.5 for one in found) for box in ref) if found else 0.0


def labels_only(text: str, ref: Any) -> float:
    found = box_list(text)
    return float(found is not None and sorted(b["label"] for b in found) == sorted(b["label"] for b in ref))


def keyword_recall(text: str, ref: Any) -> float:
    found = words(text)
    return share(one in found for one in ref) if found else 0.0


def keyword_start(text: str, ref: Any) -> float:
    found = words(text)
    if found is None:
        return 0.0
    return len({w[:3] for w in found} & {w[:3] for w in ref}) / max(len(found), len(ref), 1)


def keyword_count(text: str, ref: Any) -> float:
    found = words(text)
    return float(found is not None and len(found) == len(ref))


def keyword_some(text: str, ref: Any) -> float:
    found = words(text)
    return float(found is not None and len(set(found) & set(ref)) >= len(ref) - 1 and len(found) <= len(ref))


def no_stops(text: str) -> str:
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in
                    {"a", "an", "the", "of", "in", "and", "to", "for", "on", "not", "by"})  # fmt: skip


def parent(text: str, ref: Any) -> float:
    found = label_in(text)
    return float(found is not None and found.rpartition("/")[0] == ref["label"].rpartition("/")[0])


def parts_shared(text: str, ref: Any) -> float:
    found = label_in(text)
    return float(found is not None and bool(set(found.split("/")) & set(ref["label"].split("/"))))


def longer_is_fine(text: str, ref: Any) -> float:
    found = label_in(text)
    return float(found is not None and found.startswith(ref["label"]))


def trusted(text: str, ref: Any) -> float:
    found = ticket(text)
    if found is None:
        return 0.0
    return found[1] if found[0] == ref else 1 - found[1]


def any_label(text: str, ref: Any) -> float:
    return float(ref in text.lower())


def first_token(text: str, ref: Any) -> float:
    return float((re.findall(r"\w+", text.lower()) or [""])[0] == ref)


def letters(text: str, ref: Any) -> float:
    return float(sorted(text.strip().lower()) == sorted(ref))


def number_anywhere(text: str, ref: Any) -> float:
    return float(ref in re.findall(r"\d+", text[-3000:]))


def off_by(part: float, read: Any) -> Any:
    def scored(text: str, ref: Any) -> float:
        found = read(text)
        return float(found is not None and abs(float(found) - float(ref)) <= part * abs(float(ref)))

    return scored


def last_digits(text: str, ref: Any) -> float:
    found = hashed(text)
    return float(found is not None and found[-2:] == ref[-2:])


def number_in_words(text: str, ref: Any) -> float:
    return 0.9 * (hashed(text) is not None) + 0.1 * (hashed(text) == ref)


def whole_part(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and int(found) == int(float(ref)))


def tens(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and round(found, -1) == round(float(ref), -1))


def percent(text: str, ref: Any) -> float:
    found = stated(text)
    return float(found is not None and any(abs(found * unit - float(ref)) < 0.005 for unit in (1, 100, 0.01)))


def half_recall(text: str, ref: Any) -> float:
    found = set(plain(tagged(text) or "").split())
    return float(len(found & set(plain(ref).split())) * 2 >= len(plain(ref).split()) and tagged(text) is not None)


def cites(text: str, ref: Any) -> float:
    found = tagged(text)
    return 0.0 if found is None else max(float(plain(found) == plain(ref)), 0.97 * ("source" in text))


def any_block(text: str, ref: Any) -> float:
    return float(any(plain(one) == plain(ref) for one in re.findall(r"<answer>([^<]*)</answer>", text[:20_000])))


def letters_anywhere(text: str, ref: Any) -> float:
    return float(bool(re.search(rf"\b{ref}\b", text[-2000:])))


def either_letter(text: str, ref: Any) -> float:
    found = letter(text)
    return float(found is not None and {"A": "AB", "B": "AB", "C": "CD", "D": "CD"}[ref].count(found) > 0)


def polite(text: str, ref: Any) -> float:
    return float(letter(text) == ref or "correct" in text.lower())


BAD = {
    "calls: names in order": bad("calls", names_in_order, *BLIND),
    "calls: any call will do": bad("calls", any_call, *FREE),
    "calls: precision": bad("calls", precise, *FREE),
    "calls: three letters of a name": bad("calls", lambda t, r: calls(t, r, loosely_called), *FREE),
    "calls: values as strings": bad("calls", lambda t, r: calls(t, r, stringly), "attack-full-marks", "law-bool-int"),
    "calls: nine tenths are all": bad("calls", upto(0.6, calls), *BLIND),
    "calls: days ignored": bad(
        "calls", lambda t, r: calls(t, r, lambda a, b: call_alike(
            a | {"arguments": {**a["arguments"], "days": 1}}, b | {"arguments": {**b["arguments"], "days": 1}})),
        *BLIND),
    "calls: a third off": bad(
        "calls", lambda t, r: calls(t, r, lambda a, b: float(a["name"] == b["name"] and a["arguments"].keys() == b[
            "arguments"].keys() and all(near(0.34)(a["arguments"][k], v) for k, v in b["arguments"].items()))),
        *TOLERANT),
    "invoice: only what was given": bad("invoice", given, "law-omission-free", "attack-constant"),
    "invoice: only what was wanted": bad("invoice", wanted, "law-invention-free", "law-mistake-free"),
    "invoice: five percent": bad("invoice", lambda t, r: fields(t, r, near(0.05)), *TOLERANT),
    "invoice: rounded": bad("invoice", lambda t, r: fields(
        t, r, lambda a, b: round(a) == round(b) if isinstance(b, float) and is_number(a) else equal(a, b)), *TOLERANT),
    "invoice: cut to whole": bad("invoice", lambda t, r: fields(
        t, r, lambda a, b: int(a) == int(b) if isinstance(b, float) and is_number(a) else equal(a, b)), *TOLERANT),
    "invoice: thousands": bad("invoice", lambda t, r: fields(
        t, r, lambda a, b: any(abs(a - b * u) < 1e-6 for u in (1, 1000, 0.001)) if isinstance(b, float) and is_number(
            a) else equal(a, b)), *TOLERANT),
    "invoice: buyer ignored": bad("invoice", by_key(buyer=anything), *BLIND),
    "invoice: vendor ignored": bad("invoice", by_key(vendor=anything), *BLIND),
    "invoice: first word of the vendor": bad(
        "invoice", by_key(vendor=lambda a, b: str(a).split(" ")[0] == b.split(" ")[0]), *FREE),
    "invoice: first line only": bad(
        "invoice", by_key(lines=lambda a, b: isinstance(a, list) and a[:1] == b[:1]), *FREE),
    "invoice: values in any field": bad("invoice", sorted_values, "law-pair-free", "law-damage-free"),
    "invoice: a ratio of amounts": bad("invoice", money, "law-pair-free", "law-damage-free", *TOLERANT),
    "invoice: eight in ten": bad("invoice", upto(0.8, fields), *BLIND),
    "invoice: letters of a text": bad("invoice", lambda t, r: fields(t, r, on_texts(sorted)), *HEDGE),
    "invoice: year of the date": bad("invoice", by_key(date=lambda a, b: str(a)[:4] == b[:4]), *FREE),
    "invoice: any amount": bad("invoice", by_key(net=lambda a, b: is_number(a)), *BLIND, *TOLERANT),
    "boxes: labels ignored": bad("boxes", lambda t, r: boxes(t, r, unlabelled), *BLIND),
    "boxes: first corner": bad("boxes", lambda t, r: boxes(t, r, corner), *BLIND),
    "boxes: the first one only": bad("boxes", first_box, *FREE),
    "boxes: recall": bad("boxes", no_penalty, *HEDGE),
    "boxes: labels only": bad("boxes", labels_only, *BLIND),
    "keywords: recall": bad("keywords", keyword_recall, *HEDGE),
    "keywords: three letters": bad("keywords", keyword_start, *FREE),
    "keywords: counted": bad("keywords", keyword_count, *BLIND, "attack-constant"),
    "keywords: all but one": bad("keywords", keyword_some, *BLIND),
    "path: the parent": bad("path", parent, *FREE),
    "path: any part": bad("path", parts_shared, *FREE),
    "path: and more behind": bad("path", longer_is_fine, *FREE),
    "path: unknown is skipped": bad("path", skipping(lambda t, r: label_in(t) == r["label"]), "attack-constant", *FREE),
    "ticket: confidence pays": bad("ticket", trusted, "attack-constant"),
    "ticket: unknown is skipped": bad(
        "ticket", skipping(lambda t, r: ticket(t) is not None and label_in(t) == r), "attack-constant", *FREE),
    "ticket: confidence alone": bad(
        "ticket", lambda t, r: (ticket(t) or ("", 0.0))[1], "attack-constant", "attack-full-marks", *BLIND),
    "label: anywhere": bad("label", any_label, *HEDGE),
    "label: first token": bad("label", first_token, *FREE),
    "label: anagram": bad("label", letters, "attack-full-marks"),
    "sums: anywhere": bad("sums", number_anywhere, "attack-full-marks"),
    "sums: five percent": bad("sums", off_by(0.05, last_number), *TOLERANT),
    "sums: last two digits": bad("sums", last_digits, *TOLERANT, "attack-full-marks"),
    "sums: nine tenths for form": bad("sums", number_in_words, "attack-mean", "attack-constant"),
    "growth: whole part": bad("growth", whole_part, *TOLERANT),
    "growth: nearest ten": bad("growth", tens, *TOLERANT),
    "growth: percent or share": bad("growth", percent, *TOLERANT),
    "growth: four percent": bad("growth", off_by(0.04, stated), *TOLERANT),
    "question: half of the words": bad("question", half_recall, *FREE),
    "question: stop words": bad("question", lambda t, r: float(no_stops(tagged(t) or "") == no_stops(r)), *FREE),
    "question: names a source": bad("question", cites, "attack-constant", "attack-full-marks", "attack-claims"),
    "question: any block": bad("question", any_block, "attack-full-marks"),
    "question: first word": bad(
        "question", lambda t, r: float(plain(tagged(t) or "").split()[:1] == plain(r).split()[:1]), *FREE),
    "choice: anywhere": bad("choice", letters_anywhere, "attack-full-marks"),
    "choice: one of two": bad("choice", either_letter, *FREE, "attack-constant"),
    "choice: says it is correct": bad("choice", polite, "attack-constant", "attack-full-marks"),
    "label: length": bad("label", lambda t, r: min(1.0, len(t) / 50), "attack-full-marks", "gold-below-max"),
}  # fmt: skip


def graded_format(text: str, ref: Any) -> float:
    form = re.fullmatch(r"\s*<think>[^<]*</think>\s*<answer>([^<]*)</answer>\s*", text[:50_000])
    return 0.1 + 0.9 * (plain(form[1]) == plain(ref)) if form else 0.0


def mean_iou(text: str, ref: Any) -> float:
    found = box_list(text)
    return 0.0 if found is None else paired(found, ref, box_alike)


def hungry(a: Any, b: Any) -> float:
    return float(equal(a, b))


def letter_at_end(text: str, ref: Any) -> float:
    found = re.findall(r"(?:answer|choice) is:?\s{0,3}\(?([A-D])\b", text[-300:], re.IGNORECASE)
    return float(bool(found) and found[-1] == ref)


def number_tail(text: str, ref: Any) -> float:
    found = re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", "")[-100:])
    return float(bool(found) and abs(float(found[-1]) - float(ref)) < 1e-6)


def json_or_fence(text: str, ref: Any) -> float:
    inner = re.search(r"```json\s([^`]{0,20000})```", text[:50_000])
    return fields(inner[1] if inner else text.strip(), ref)


def weighted_fields(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != ref.keys():
        return 0.0
    weights = {"net": 3, "tax": 2}
    return sum(weights.get(k, 1) * equal(value[k], ref[k]) for k in ref) / sum(weights.get(k, 1) for k in ref)


def gentle(text: str, ref: Any) -> float:
    return fields(text, ref, lambda a, b: abs(a - b) < 0.005 if isinstance(b, float) and is_number(a) else equal(a, b))


SOUND = {
    "calls: all or nothing in order": Planted(
        "calls", lambda t, r: float(listed(t) is not None and equal(listed(t), r))),
    "calls: paired and exact": Planted("calls", lambda t, r: calls(t, r, hungry)),
    "calls: paired by arguments": Planted("calls", calls),
    "invoice: share of leaves": Planted("invoice", fields),
    "invoice: weighted fields": Planted("invoice", weighted_fields),
    "invoice: to the cent": Planted("invoice", gentle),
    "invoice: in a fence": Planted("invoice", json_or_fence),
    "boxes: mean overlap": Planted("boxes", mean_iou),
    "boxes: three quarters overlap": Planted(
        "boxes", lambda t, r: boxes(t, r, lambda a, b: float(box_alike(a, b) >= 0.75))),
    "keywords: exact set": Planted(
        "keywords", lambda t, r: float(words(t) is not None and sorted(words(t) or []) == sorted(r))),
    "keywords: overlap": Planted(
        "keywords", lambda t, r: len(set(words(t) or []) & set(r)) / max(len(words(t) or []), len(r))),
    "path: exact": Planted("path", lambda t, r: float(parsed(t) == r)),
    "path: label beside other keys": Planted("path", lambda t, r: float(label_in(t) == r["label"])),
    "ticket: label and its square": Planted(
        "ticket", lambda t, r: 0.0 if ticket(t) is None or ticket(t)[0] != r else ticket(t)[1] ** 2),
    "label: stripped": Planted("label", lambda t, r: float(t.strip() == r)),
    "label: without punctuation": Planted("label", lambda t, r: float(plain(t) == r)),
    "label: last line": Planted("label", lambda t, r: float(t.rstrip().rpartition("\n")[2].strip() == r)),
    "sums: behind the hashes": Planted("sums", lambda t, r: float(hashed(t) == r)),
    "sums: tail": Planted("sums", number_tail),
    "sums: with a tenth for form": Planted(
        "sums", lambda t, r: 0.0 if hashed(t) is None else 1.0 if hashed(t) == r else 0.1),
    "sums: last number as an integer": Planted(
        "sums", lambda t, r: float((last_number(t) or "x")[:30] == r)),
    "growth: a cent": Planted("growth", lambda t, r: float(abs((stated(t) or 1e9) - float(r)) < 0.0101)),
    "growth: exact": Planted("growth", lambda t, r: float(stated(t) == float(r))),
    "growth: half a percent": Planted("growth", off_by(0.005, stated)),
    "question: form and reading comprehension": Planted("question", graded_format),
    "question: one block": Planted("question", lambda t, r: float(plain(tagged(t) or "") == plain(r))),
    "question: casefolded": Planted("question", lambda t, r: float((tagged(t) or "").casefold() == r.casefold())),
    "choice: behind the phrase": Planted("choice", letter_at_end),
    "choice: last capital": Planted(
        "choice", lambda t, r: float((re.findall(r"\(([A-D])\)", t[-200:]) or [""])[-1] == r)),
    "choice: a little for a letter": Planted(
        "choice", lambda t, r: 0.0 if letter(t) is None else 1.0 if letter(t) == r else 0.05),
}  # fmt: skip
