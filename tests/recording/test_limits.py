"""What counts as a limit of sessions."""

from __future__ import annotations

from ftpdiag.model import Answer, Attempt, Endpoint, Method, Opening, Tls, View
from ftpdiag.recording.limits import crowded_out

CLIENT, SERVER = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)


def called(answer: Answer) -> Attempt:
    """One whose control connection got no farther than this."""
    return Attempt(
        method=Method.EPSV,
        family=4,
        client=CLIENT,
        server=SERVER,
        began=0.0,
        lines=(),
        tls=Tls.NONE,
        openings=(Opening(opener=CLIENT, target=SERVER, answer=answer, at=0.0, view=View.CLIENT_SOCKET),),
    )


def test_a_closed_door() -> None:
    """Who gets a RST was one too many; who gets no answer may be banned, and does not come again."""
    admitted = {(4, Tls.NONE)}
    assert crowded_out(called(Answer.REFUSED), SERVER, admitted)
    assert not crowded_out(called(Answer.SILENT), SERVER, admitted)
