import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_rewrote_port_command import alg_rewrote_port_command
from ftpdiag.model import Announcement, Answer, Confidence, DataChannel, Endpoint, Sight, Verdict, View
from tests.causes.build import CLIENT, SERVER, active, call, grounds_of, session

PRIVATE = "10.1.0.2"


def rewritten(said: str, heard: str, channel: DataChannel | None = None) -> DataChannel:
    """A PORT that left a client with a private address as `said`, and came to the server as `heard`."""
    server, public = Endpoint(host=SERVER[4], port=21), Endpoint(host=CLIENT[4], port=40000)
    sights = (
        Sight(view=View.CLIENT_WIRE, client=Endpoint(host=PRIVATE, port=40000), server=server),
        Sight(view=View.SERVER_WIRE, client=public, server=server),
    )

    def seen(view: View, text: str) -> Announcement:
        host, _, port = text.partition(":")
        return Announcement(view=view, line="PORT …", endpoint=Endpoint(host=host, port=int(port)) if port else None)

    return replace(
        channel or active(call(View.SERVER_WIRE, Answer.SILENT)),
        session=session(sights=sights),
        announcements=(seen(View.CLIENT_WIRE, said), seen(View.SERVER_WIRE, heard)),
    )


def test_what_a_nat_translates_rightly_is_no_fault() -> None:
    """The public address instead of the private one is information where data moved, and nothing where it did not."""
    said, heard = f"{PRIVATE}:46055", f"{CLIENT[4]}:46055"
    opened = active(call(View.CLIENT_WIRE, Answer.ACCEPTED))
    assert grounds_of(alg_rewrote_port_command, rewritten(said, heard, opened)).verdict is None
    assert alg_rewrote_port_command.rule(rewritten(said, heard)) is None


@pytest.mark.parametrize(
    ("heard", "confidence"),
    [
        ("192.0.2.9:46055", Confidence.PROVEN),
        (f"{CLIENT[4]}:46056", Confidence.LIKELY),
        ("nothing", Confidence.PROVEN),
    ],
)
def test_what_names_somebody_else_is_a_fault(heard: str, confidence: Confidence) -> None:
    """Another host than the server's client, and what cannot be read, is proven wrong; another port is likely wrong."""
    grounds = grounds_of(alg_rewrote_port_command, rewritten(f"{PRIVATE}:46055", heard))
    assert (grounds.confidence, grounds.verdict) == (confidence, Verdict.BLOCKED)


def test_what_passes_as_it_is_is_not_rewritten() -> None:
    """A NAT that leaves the command alone is another cause's."""
    assert alg_rewrote_port_command.rule(rewritten(f"{PRIVATE}:46055", f"{PRIVATE}:46055")) is None
