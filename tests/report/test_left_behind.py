"""What is said of files that stay on a server."""

from __future__ import annotations

from ftpdiag.model import Leftover
from ftpdiag.report.left_behind import left_behind


def test_files_are_named_with_the_reason() -> None:
    """Those of one server that were declined alike share a sentence; who could not be asked is told so."""
    there = [
        Leftover(server="192.0.2.1", path="ftpdiag-1.txt", answer="550 Permission denied."),
        Leftover(server="192.0.2.1", path="ftpdiag-2.txt", answer="550 Permission denied."),
        Leftover(server="192.0.2.2", path="ftpdiag-3.txt", answer=None),
    ]
    assert list(left_behind(there)) == [
        (
            "Uploads of this probe may still be on 192.0.2.1, for the server says “550 Permission denied.”; "
            "delete them: ftpdiag-1.txt, ftpdiag-2.txt."
        ),
        (
            "An upload of this probe may still be on 192.0.2.2, for no session could be had for that; delete it: "
            "ftpdiag-3.txt."
        ),
    ]
