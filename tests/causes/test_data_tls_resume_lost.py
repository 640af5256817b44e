from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.data_tls_resume_lost import data_tls_resume_lost
from ftpdiag.model import (
    Cell,
    Change,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Experiment,
    Method,
    Retried,
    Tls,
)
from tests.causes.build import carried, exchange, grounds_of, session

TLS = session(tls=Tls.EXPLICIT)
SAID = "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page"
PROFTPD = "425 Unable to build data connection: Operation not permitted"


def passed(control: ControlSession = TLS) -> DataChannel:
    """A transfer that resumed the session."""
    done = exchange("LIST", "150 Here.", "226 Done.", at=1.0)
    return carried(Ending.FINISHED, transfer=done, control=control, tls="TLSv1.3", resumed=True, to_client=100)


def later(reply: str = SAID, control: ControlSession = TLS) -> DataChannel:
    """One that was turned away five minutes later."""
    away = carried(Ending.FINISHED, transfer=exchange("LIST", reply), control=control, tls="TLSv1.3", resumed=False)
    return replace(away, negotiation=replace(away.negotiation, at=300.5))


def after(*before: DataChannel, channel: DataChannel) -> DataChannel:
    """A channel of a capture, and those before it."""
    return replace(channel, beside=(*before, channel))


def tried(*channels: DataChannel, channel: DataChannel | None = None) -> DataChannel:
    """A first round that works, and transfers that were made again in one session."""
    again = Retried(
        experiment=Experiment.LATER_TRANSFER,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.EXPLICIT),
        change=Change(pause=300.0),
        session=channels[0].session,
        channels=channels,
    )
    return replace(channel or passed(), retries=(again,))


@pytest.mark.parametrize("reply", [SAID, PROFTPD])
def test_the_first_passes_and_a_later_one_does_not(reply: str) -> None:
    """In a session that was made to see that, or in a capture whose TLS is decrypted."""
    for channel in (tried(passed(), later(reply)), after(passed(), channel=later(reply))):
        grounds = grounds_of(data_tls_resume_lost, channel)
        assert grounds.confidence is Confidence.PROVEN
        assert "begins 300 s later" in grounds.summary
        assert grounds.evidence[1].text.endswith("its TLSv1.3 session was not resumed.")


OTHER = session(tls=Tls.EXPLICIT, began=9.0)
CLEAR = session()


@pytest.mark.parametrize(
    "channel",
    [
        passed(),
        later(),
        tried(passed(), passed()),
        tried(passed()),
        tried(later(), later()),
        tried(passed(), later("550 No such file.")),
        tried(passed(), later(), channel=later()),
        tried(passed(CLEAR), later(control=CLEAR)),
        after(passed(OTHER), channel=later()),
        after(passed(CLEAR), channel=later(control=CLEAR)),
    ],
)
def test_what_does_not_show_it(channel: DataChannel) -> None:
    """All pass; the first was turned away; the file; another session; in the clear."""
    assert data_tls_resume_lost.rule(channel) is None
