from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.case import case, cases
from tests.lab.table import BEGIN, COMMAND, END, EVERY, README, generated, replaced

MANY = [
    case(
        f"passive-{number}",
        {
            "title": "An edge drops",
            "network": {"layout": "routed"},
            "server": {"product": product},
            "probe": {"target": target},
            "found": {
                "exit": 1,
                "modes": {"active": "works", "passive": "blocked"},
                "causes": [
                    {
                        "cause": "passive-port-dropped",
                        "mode": "passive",
                        "location": location,
                        "hop": 2,
                        "confidence": "proven",
                    },
                    {"cause": "control-tls-unsupported"},
                ],
            },
        },
    )
    for number, (product, target, location) in enumerate(
        [("vsftpd", "203.0.113.2", "path"), ("proftpd", "[2001:db8:5::2]", "client-network")]
    )
]
OPEN = case(
    "open",
    {
        "title": "Nothing is in the way",
        "server": {"product": "vsftpd", "tls": "explicit"},
        "found": {"exit": 0, "modes": {"active": "works", "passive": "works"}, "causes": []},
    },
)
REWRITTEN = case(
    "rewritten",
    {
        "title": "A box rewrites",
        "fault": ["alg-rewrote-endpoint"],
        "server": {"product": "vsftpd"},
        "found": {
            "exit": 1,
            "modes": {"active": "works", "passive": "blocked"},
            "causes": [{"cause": "passive-port-refused", "mode": "passive", "location": "server-host"}],
        },
        "both": {"causes": [{"cause": "alg-rewrote-endpoint", "mode": "passive", "location": "path"}]},
    },
)


@pytest.mark.parametrize("path", [README, EVERY], ids=["README", "captures/README"])
def test_the_tables_are_what_the_case_files_say(path: Path) -> None:
    """Nobody has to keep them by hand."""
    text = path.read_text()
    assert text == replaced(text, generated(cases())[path]), f"{path.name} is out of date: run `{COMMAND}`"


def test_scenarios_of_one_cause_share_a_row() -> None:
    """Their number, servers, versions of IP, verdicts, places in the contract's order, and confidence."""
    (row,) = (line for line in generated(MANY)[README].splitlines() if "passive-port-dropped" in line)
    assert row == (
        "| `passive-port-dropped` | 2 | proftpd, vsftpd | IPv4, IPv6 | blocked | client-network, path | proven |"
    )


def test_networks_without_a_fault_have_a_row() -> None:
    """An open network counts as well: there nothing may be found."""
    assert "| nothing is wrong | 1 | vsftpd | AUTH TLS | works |  |  |" in generated([OPEN])[README].splitlines()


def test_each_scenario_has_a_row_of_its_own() -> None:
    """What is wrong, at which server, over what, and what must be found there, but for the habits of a server."""
    assert generated(MANY)[EVERY].splitlines()[-1] == (
        "| [passive-1](passive-1/case.toml) | An edge drops | proftpd, IPv6 | active works, passive blocked "
        "| `passive-port-dropped` | client-network, hop 2 | proven |"
    )


def test_what_only_two_captures_tell_stands_below_what_the_probe_tells() -> None:
    """The reader sees that the probe alone names something else, and counts the scenario to its true cause."""
    title = "A box rewrites | vsftpd | active works, passive blocked"
    assert generated([REWRITTEN])[EVERY].splitlines()[-2:] == [
        f"| [rewritten](rewritten/case.toml) | {title} | `passive-port-refused` | server-host |  |",
        "|  |  |  |  | `alg-rewrote-endpoint` | path |  |",
    ]
    assert "| `alg-rewrote-endpoint` | 1 | vsftpd | IPv4 | blocked | path |  |" in generated([REWRITTEN])[README]


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """The words around a table are written by hand."""
    assert replaced(f"before\n{BEGIN}old\n{END}after\n", "new\n") == f"before\n{BEGIN}new\n{END}after\n"


def test_where_something_fails_a_place_is_expected() -> None:
    """Each cause that a scenario expects where a mode does not work has its place and its confidence in case.toml."""
    vague = {
        f"{one.name}: {cause.cause}"
        for one in cases()
        for cause in one.found.causes
        if one.found.exit and cause.cause in one.fault and not (cause.location and cause.confidence)
    }
    assert not vague
