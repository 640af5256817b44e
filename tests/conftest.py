import pytest
from hypothesis import settings

from tests.lab.running import NEEDED, runnable

settings.register_profile("untimed", deadline=None)  # a test does not fail because the machine is busy
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options that tests know."""
    parser.addoption("--require-lab", action="store_true", help="fail where the lab cannot run, instead of skipping it")
    parser.addoption("--regenerate", action="store_true", help="record captures/ anew and write what they must tell")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave the lab out where it cannot run."""
    if item.get_closest_marker("lab") is None or runnable():
        return
    if item.config.getoption("--require-lab"):
        pytest.fail(NEEDED)
    pytest.skip(NEEDED)
