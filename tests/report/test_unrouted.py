"""What is said of an address family that this machine could not try."""

from __future__ import annotations

from ftpdiag.model import Source, Target
from ftpdiag.report.closing import closing
from ftpdiag.report.requirements import requirements
from ftpdiag.report.unrouted import unrouted
from tests.hand_built import WORKS, diagnosis, session

PROBED = diagnosis(
    (session(), WORKS),
    source=Source(target=Target(given="ftp.example.org", host="ftp.example.org", port=21), unrouted=("2001:db8:5::2",)),
)


def test_a_family_without_a_route_is_named() -> None:
    """Who reads that all works may have users who come by the other family."""
    (told,) = unrouted(PROBED.facts)
    assert told.startswith("ftp.example.org has an IPv6 address as well, 2001:db8:5::2; this machine has no route")


def test_what_was_required_of_it_says_why() -> None:
    """Not whether the server has such an address, which is known."""
    assert "because this machine has no route to 2001:db8:5::2." in closing(PROBED, requirements(["passive/6"]))[0]
