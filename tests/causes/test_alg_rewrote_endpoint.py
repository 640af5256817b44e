import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_rewrote_endpoint import alg_rewrote_endpoint
from ftpdiag.model import Announcement, Answer, Confidence, DataChannel, Endpoint, Method, Sight, Track, Verdict, View
from tests.causes.build import CLIENT, SERVER, dial, grounds_of, passive, pasv_reply, session

PRIVATE = "10.2.0.2"


def rewritten(said: str, heard: str | None, channel: DataChannel | None = None) -> DataChannel:
    """A 227 that left the server, whose own address is private, as `said`, and came to the client as `heard`."""
    channel = channel or passive(
        dial(View.CLIENT_WIRE, Answer.SILENT), method=Method.PASV, answer=pasv_reply(SERVER[4])
    )
    client, public = Endpoint(host=CLIENT[4], port=40000), Endpoint(host=SERVER[4], port=21)
    sights = (
        Sight(view=View.CLIENT_WIRE, client=client, server=public),
        Sight(view=View.SERVER_WIRE, client=client, server=Endpoint(host=PRIVATE, port=21)),
    )

    def seen(view: View, text: str | None) -> Announcement:
        host, _, port = (text or "").partition(":")
        return Announcement(
            view=view, line="227 …" if text else None, endpoint=Endpoint(host=host, port=int(port)) if port else None
        )

    return replace(
        channel,
        session=session(sights=sights),
        announcements=(seen(View.CLIENT_WIRE, heard), seen(View.SERVER_WIRE, said)),
    )


def test_what_a_nat_translates_rightly_is_no_fault() -> None:
    """A private address that becomes the public one is information where data moved, and nothing where it did not."""
    said, heard = f"{PRIVATE}:50001", f"{SERVER[4]}:50001"
    opened = passive(dial(View.CLIENT_WIRE, Answer.ACCEPTED), method=Method.PASV, answer=pasv_reply(SERVER[4]))
    grounds = grounds_of(alg_rewrote_endpoint, rewritten(said, heard, opened))
    assert grounds.verdict is None
    assert alg_rewrote_endpoint.verdict is None
    assert alg_rewrote_endpoint.rule(rewritten(said, heard)) is None


@pytest.mark.parametrize(
    ("said", "heard", "confidence"),
    [
        (f"{PRIVATE}:50001", "192.0.2.9:50001", Confidence.PROVEN),
        (f"{SERVER[4]}:50001", f"{PRIVATE}:50001", Confidence.PROVEN),
        ("192.0.2.8:50001", "192.0.2.9:50001", Confidence.LIKELY),
        (f"{PRIVATE}:50001", f"{SERVER[4]}:50009", Confidence.LIKELY),
    ],
)
def test_an_address_or_port_that_leads_nowhere_is_a_fault(said: str, heard: str, confidence: Confidence) -> None:
    """Another host than the server is proven wrong where the server had it right; another port is likely wrong."""
    grounds = grounds_of(alg_rewrote_endpoint, rewritten(said, heard))
    assert (grounds.confidence, grounds.verdict) == (confidence, Verdict.BLOCKED)


def test_a_syn_that_arrives_at_another_port_proves_it() -> None:
    """The client dials what it was told, and comes to a port of the server that was never announced."""
    near = dial(View.CLIENT_WIRE, Answer.REFUSED)
    track = Track(view=View.CLIENT_WIRE, seen=((View.CLIENT_WIRE, 1), (View.SERVER_WIRE, 1)), missed=())
    near = replace(near, packets=tuple(one._replace(track=track) for one in near.packets))
    far = replace(dial(View.SERVER_WIRE, Answer.REFUSED), target=near.target)
    channel = passive(near, far, method=Method.PASV, answer=pasv_reply(SERVER[4]))
    grounds = grounds_of(alg_rewrote_endpoint, rewritten(f"{PRIVATE}:50000", f"{SERVER[4]}:50001", channel))
    assert grounds.confidence is Confidence.PROVEN
    assert "port 50001" in grounds.summary
    right = rewritten(f"{PRIVATE}:50001", f"{SERVER[4]}:50001", channel)
    assert alg_rewrote_endpoint.rule(right) is None


def test_it_takes_two_ends() -> None:
    """One capture, the same line in both, or a reply that was lost says nothing of a device that rewrites."""
    same = f"{SERVER[4]}:50001"
    assert alg_rewrote_endpoint.rule(rewritten(same, same)) is None
    assert alg_rewrote_endpoint.rule(rewritten(same, None)) is None
    assert alg_rewrote_endpoint.rule(replace(rewritten(same, "192.0.2.9:50001"), announcements=())) is None
