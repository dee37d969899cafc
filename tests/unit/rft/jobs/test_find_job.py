"""Where a job runs: what a launch prints is what the command line reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rft.commands.train.finding import whereabouts
from rft.commands.train.state import status
from rft.jobs.find_job import OPTIONS, options_of

VALUES = st.text(min_size=1)
# What a platform calls its options: `tool` takes two words only, and `output_uri` is an option of `collect`.
OWN = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(lambda key: key not in OPTIONS)
WHERE = st.fixed_dictionaries(
    {}, optional={"cluster": VALUES, "namespace": VALUES, "tool": st.sampled_from(["hyperpod", "hyp"])}
)


@given(WHERE, st.dictionaries(OWN, VALUES))
def test_what_finds_a_job_is_read_as_it_was_printed(known: dict[str, str], own: dict[str, str]):
    words = options_of({**known, **own})
    params = dict(status.make_context("status", ["a-job", *words]).params)
    for name in ("job", "as_json"):
        del params[name]
    assert whereabouts(**params).options == {**known, **own}
