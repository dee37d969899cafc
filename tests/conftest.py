"""Settings that every test runs under."""

import logging

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# Shared machines are slow at random: no test may depend on how long an example takes. The examples of a test are the
# same ones on every machine, until the test is changed; `make fuzz` draws others.
_always = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("rftkit", _always, derandomize=True)
settings.register_profile("fuzz", _always)
settings.register_profile("mutation", settings.get_profile("rftkit"), max_examples=25)
settings.load_profile("rftkit")


def pytest_sessionstart() -> None:
    """Hypothesis also draws the constants of our modules imported so far, and those depend on the tests that this
    worker ran before: a fixed seed alone gives other examples on another machine. No setting leaves them out."""
    if settings.get_current_profile_name() != "fuzz":
        none = Constants()
        providers._get_local_constants = lambda: none


@pytest.fixture(autouse=True)
def loggers_speak() -> None:
    """Whoever configures logging in this process (graders as people write them, MLflow's database) silences ours."""
    ours = ("rewards", "recipes", "datagen", "lambda_package", "estimators", "rft")
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith(ours) and isinstance(logger, logging.Logger):
            logger.disabled = False
