"""Settings that every test runs under."""

from hypothesis import HealthCheck, settings

# Shared machines are slow at random: no test may depend on how long an example takes.
settings.register_profile("rftkit", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("mutation", settings.get_profile("rftkit"), max_examples=25, derandomize=True, database=None)
settings.load_profile("rftkit")
