"""Addresses in a recipe: what has the form of one passes, what has not is reported."""

from __future__ import annotations

import pytest

from recipes import check, official, to_mapping

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ACCOUNT = "arn:aws:kms:us-east-1:123456789012"
RIGHT = {
    "customer_bucket": ["", "my-bucket", "a.b.c", "s3://my-bucket", "s3://my-bucket/in/out/"],
    "kms_key": [
        "",
        KEY,
        f"mrk-{KEY.replace('-', '')}",
        f"{ACCOUNT}:key/{KEY}",
        "alias/mine",
        f"{ACCOUNT}:alias/aws/s3",
    ],
}
WRONG = {
    "customer_bucket": [
        "b",
        "My-Bucket",
        "my_bucket",
        "my-bucket ",
        "my-bucket/in",
        "https://my-bucket",
        "s3://",
        "-a-b-",
    ],
    "kms_key": ["zzz", KEY[:-1], KEY.upper(), f"key/{KEY}", f"{ACCOUNT}:{KEY}", f" {KEY}", "alias/", ACCOUNT],
}


def found(key: str, value: str) -> list[str]:
    recipe = to_mapping(official("nova_pro_1_0_r5_cpu_distill").recipe())
    recipe["training_config"][key] = value
    return [problem.path for problem in check(recipe) if problem.severity == "error"]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in RIGHT.items() for value in values])
def test_a_bucket_and_a_key_pass_in_every_form_that_aws_takes(key: str, value: str):
    assert found(key, value) == []


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_another_text_is_named(key: str, value: str):
    assert found(key, value) == [f"training_config.{key}"]
