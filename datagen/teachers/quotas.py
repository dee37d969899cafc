"""Bedrock's quotas per model: the account's own if they are readable, else AWS's defaults.

"Amazon Bedrock service quotas" (https://docs.aws.amazon.com/general/latest/gr/bedrock.html): requests and tokens per
minute, for a model alone ("On-demand ...") and through an inference profile ("Cross-region ..."). New accounts often
have less, down to 0, so the defaults are a hint and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Quota(NamedTuple):
    """Calls and tokens (in and out together) per minute, None where not known, and who says so."""

    requests_per_minute: float | None
    tokens_per_minute: float | None
    source: str

    def minutes(self, calls: int, tokens: int) -> float | None:
        """How long so many calls take at least; None where nothing is known.

        >>> Quota(200, 800_000, "").minutes(1000, 8_000_000)
        10.0
        """
        known = [(calls, self.requests_per_minute), (tokens, self.tokens_per_minute)]
        times = [amount / rate if rate else float("inf") for amount, rate in known if rate is not None]
        return max(times, default=None)


class QuotaName(NamedTuple):
    """The scope and the model as Service Quotas writes them."""

    scope: str
    model: str


_READ = "AWS's default in US regions, read 2025-06"
DEFAULTS: Mapping[QuotaName, Quota] = {
    QuotaName("Cross-region", "Amazon Nova Micro"): Quota(2_000, 4_000_000, _READ),
    QuotaName("Cross-region", "Amazon Nova Lite"): Quota(2_000, 4_000_000, _READ),
    QuotaName("Cross-region", "Amazon Nova Pro"): Quota(200, 800_000, _READ),
}
_MODEL = re.compile(r"^(?:(?P<profile>[a-z-]+)\.)?amazon\.nova-(?P<name>[a-z0-9-]+?)-v\d+:\d+")


def default_quota(model: str) -> Quota | None:
    """AWS's default for a Nova model through an inference profile, where we know it.

    >>> default_quota("us.amazon.nova-pro-v1:0").requests_per_minute
    200
    """
    return DEFAULTS.get(quota_name(model))


def live_quota(client: Any, model: str) -> Quota | None:
    """What the account may do, asked of a `service-quotas` client; None where no quota names the model."""
    scope, name = quota_name(model)
    if not name:
        return None
    pattern = re.compile(
        rf"{scope} (?:model inference|InvokeModel) (requests|tokens) per minute for {name}(?: V\d+)?", re.I
    )
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="bedrock")
    quotas = [quota for page in pages for quota in page["Quotas"]]
    found = {match[1].lower(): quota["Value"] for quota in quotas if (match := pattern.fullmatch(quota["QuotaName"]))}
    return Quota(found.get("requests"), found.get("tokens"), "the account's quota") if found else None


def quota_name(model: str) -> QuotaName:
    """How Service Quotas lists a Nova model; empty for any other.

    >>> quota_name("us.amazon.nova-2-lite-v1:0")
    QuotaName(scope='Cross-region', model='Amazon Nova 2 Lite')
    >>> quota_name("global.amazon.nova-2-lite-v1:0").scope, quota_name("amazon.nova-pro-v1:0").scope
    ('Global cross-region', 'On-demand')
    """
    found = _MODEL.match(model.rsplit("/", 1)[-1])
    if not found:
        return QuotaName("", "")
    scope = {None: "On-demand", "global": "Global cross-region"}.get(found["profile"], "Cross-region")
    return QuotaName(scope, f"Amazon Nova {found['name'].replace('-', ' ').title()}")
