from __future__ import annotations

from typing import Any

import pytest

from ftpdiag.causes.data_tls_session_reuse_required import data_tls_session_reuse_required
from ftpdiag.model import Confidence, DataChannel, Ending, Mode, Tls
from tests.causes.build import carried, exchange, grounds_of, session

UNRESUMED: dict[str, Any] = {"over": "TLSv1.3", "resumed": False}
PROFTPD = "425 Unable to build data connection: Operation not permitted"


def declined(answer: str, *, tls: Tls = Tls.EXPLICIT, mode: Mode = Mode.PASSIVE, **how: Any) -> DataChannel:  # noqa: ANN401
    """A transfer that the server declined after 150. `over`: the TLS version of the data connection."""
    transfer = exchange("LIST", "150 Here it comes.", answer, at=0.6)
    how = {"ending": Ending.FINISHED, "tls": how.pop("over", None), **how}
    return carried(**how, transfer=transfer, mode=mode, control=session(tls=tls))


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "answer",
    [
        "522 SSL connection failed: session reuse required",
        "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
        "425 Unable to build data connection: TLS session of data connection not resumed.",
        "425 TLS session for the data connection was not resumed",
        "425 Cannot secure data connection - TLS session resumption required.",
        "522 Data connection must use cached TLS session",
    ],
)
def test_each_product_says_so_in_its_words(answer: str, mode: Mode) -> None:
    """Vsftpd old and new, FileZilla Server, Bitvise, Rebex, RFC 4217."""
    grounds = grounds_of(data_tls_session_reuse_required, declined(answer, mode=mode))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.alternatives == ()


def test_proftpd_says_it_in_a_roundabout_way() -> None:
    """A handshake that resumed nothing, and then no permission."""
    grounds = grounds_of(data_tls_session_reuse_required, declined(PROFTPD, tls=Tls.IMPLICIT, **UNRESUMED))
    assert grounds.confidence is Confidence.LIKELY
    assert [one.cause for one in grounds.alternatives] == ["data-tls-failed"]
    assert "not resumed" in grounds.evidence[1].text


@pytest.mark.parametrize(
    "channel",
    [
        declined(PROFTPD),
        declined(PROFTPD, ending=Ending.TLS_FAILED, error="The connection was closed in the middle."),
        declined(PROFTPD, over="TLSv1.3", resumed=True),
        declined(PROFTPD, tls=Tls.NONE, **UNRESUMED),
        declined("522 SSL handshake failed."),
        declined("522 Data connections must be encrypted."),
        declined("425 Security: Bad IP connecting."),
        declined("226 Transfer complete.", **UNRESUMED),
        carried(Ending.STALLED),
    ],
)
def test_other_words_are_other_causes(channel: DataChannel) -> None:
    """A handshake that failed, one that did resume, no TLS, other refusals, a transfer that worked, none at all."""
    assert data_tls_session_reuse_required.rule(channel) is None
