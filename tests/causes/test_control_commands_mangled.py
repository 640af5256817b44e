from ftpdiag.causes.control_commands_mangled import control_commands_mangled
from ftpdiag.model import Confidence, Difference, Line, Party, Verdict
from tests.causes.build import exchange, grounds_of, passive, session


def line(sender: Party, text: str, at: float) -> Line:
    """A line of the dialogue."""
    return Line(at=at, sender=sender, text=text)


EPSV = line(Party.CLIENT, "EPSV", 0.5)
MASKED = Difference(sender=Party.CLIENT, said=EPSV, heard=line(Party.CLIENT, "XXXX", 0.51))
SYST = Difference(
    sender=Party.SERVER,
    said=line(Party.SERVER, "215 UNIX Type: L8", 0.3),
    heard=line(Party.SERVER, "215 XXXX XXXX XX", 0.3),
)


def test_a_masked_negotiation_blocks_its_data_connection() -> None:
    """EPSV that arrives as XXXX is the fault of a device, and not of the server that declines it."""
    channel = passive(control=session(differences=(MASKED, SYST)), answer="500 Unknown command.")
    grounds = grounds_of(control_commands_mangled, channel)
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, Verdict.BLOCKED)
    assert len(grounds.evidence) == 1


def test_a_command_that_a_device_answers_is_mangled_and_one_that_was_lost_is_not() -> None:
    """What never arrived and was answered all the same, somebody on the way has heard."""
    never = session(differences=(Difference(sender=Party.CLIENT, said=EPSV, heard=None),))
    answered = passive(control=never, answer="500 Unknown command.")
    assert "answers itself" in grounds_of(control_commands_mangled, answered).summary
    auth = Difference(sender=Party.CLIENT, said=line(Party.CLIENT, "AUTH TLS", 0.2), heard=None)
    unanswered = session(differences=(auth,), exchanges=(exchange("AUTH TLS", at=0.2),), logged_in=False)
    assert control_commands_mangled.rule(unanswered) is None


def test_a_masked_reply_is_information() -> None:
    """A session that logged in was not stopped by the mask over its SYST."""
    assert grounds_of(control_commands_mangled, session(differences=(SYST,))).verdict is None
    assert (
        grounds_of(control_commands_mangled, session(differences=(SYST,), logged_in=False)).verdict is Verdict.BLOCKED
    )


def test_a_session_that_was_heard_as_it_was_said_is_none_of_it() -> None:
    """Without a difference there is nothing to say."""
    assert control_commands_mangled.rule(session()) is None
    assert control_commands_mangled.rule(passive()) is None
