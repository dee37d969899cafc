"""What `rft data` offers without importing what knows it."""

from __future__ import annotations

from rft.commands.data.options import TARGETS


def test_the_targets_offered_are_those_there_are() -> None:
    from datagen.validate import Target

    assert set(TARGETS) == {target.value for target in Target}
