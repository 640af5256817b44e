from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.clues.ports import dialled, is_alike, to_sample
from ftpdiag.model import Answer, Cell, Change, DataChannel, Endpoint, Exchange, Experiment, Method, Retried, Tls, View
from tests.causes.build import SERVER, captured, dial, passive, session


def to_port(
    port: int,
    answer: Answer,
    *,
    at: float = 0.0,
    method: Method = Method.EPSV,
    **control: Any,  # noqa: ANN401  any field of a session
) -> DataChannel:
    """A passive data connection to `port`, seen at the client."""
    channel = passive(dial(View.CLIENT_WIRE, answer), control=session(**control), method=method)
    server = Endpoint(host=SERVER[4], port=port)
    return replace(
        channel,
        announced=server,
        negotiation=Exchange(at=at, verb=method, argument=None, replies=channel.negotiation.replies),
    )


def together(*channels: DataChannel) -> DataChannel:
    """The last of these, with all of them beside it."""
    return replace(channels[-1], beside=channels)


def sampled(channel: DataChannel, *samples: DataChannel) -> DataChannel:
    """The channel, after a probe has dialled more ports."""
    cell = Cell(method=channel.method, family=4, tls=Tls.NONE)
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES, cell=cell, change=Change(), session=channel.session, channels=samples
    )
    return replace(channel, beside=channel.beside or (channel,), retries=(retried,))


def ports(passed: tuple[int, ...], failed: tuple[int, ...]) -> DataChannel:
    """One that failed, beside others; in an order that has nothing to do with the time."""
    order = sorted((*passed, *failed), key=lambda port: port * 7919 % 101)
    made = [
        to_port(port, Answer.ACCEPTED if port in passed else Answer.SILENT, at=place)
        for place, port in enumerate(order)
    ]
    return replace(next(one for one in made if not one.opened), beside=tuple(made))


def test_the_range_is_told_no_more_exactly_than_it_was_seen() -> None:
    """The border lies somewhere between two ports that were dialled."""
    assert dialled(ports((50003, 50041), (50052, 50099))).told() == "50003-50041 pass, 50052-50099 do not"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        ((42469,), "42469 and 50010-50016 pass"),
        ((50006, 61000), "50006-50016 pass, 50060-50066 do not, 61000 passes"),
        ((30000, 34000, 38000, 42469), "30000, 34000, 50010-50016 and 2 others pass"),
    ],
)
def test_a_port_far_from_the_others_says_nothing_of_those_between(passed: tuple[int, ...], told: str) -> None:
    """A range is named only where ports of it were dialled."""
    assert dialled(ports((*passed, *range(50010, 50017)), tuple(range(50060, 50067)))).told().startswith(told)


@pytest.mark.parametrize("passed", [(), (50010,)])
@pytest.mark.parametrize(("port", "told"), [(50100, 22), (50055, 22), (50048, 22), (50002, 2), (50030, 2)])
def test_a_port_of_the_other_method_belongs_to_the_same_split(port: int, told: int, passed: tuple[int, ...]) -> None:
    """On the side that fails, or beyond it, with none that passes in between; elsewhere it is told of its own."""
    epsv = ports(tuple(range(50003, 50047, 4)), tuple(range(50053, 50097, 4))).beside
    pasv = (
        *(to_port(one, Answer.ACCEPTED, method=Method.PASV) for one in passed),
        to_port(port, Answer.SILENT, at=1, method=Method.PASV),
    )
    assert dialled(together(*epsv, *pasv)).distinct == (told if told > 2 else 1 + len(passed))


def test_a_port_that_passes_beyond_the_split_contradicts_it() -> None:
    """Then the other method's ports are not sorted by the same border."""
    epsv = ports(tuple(range(50003, 50047, 4)), tuple(range(50053, 50097, 4))).beside
    passed, failed = (
        to_port(50060, Answer.ACCEPTED, method=Method.PASV),
        to_port(50100, Answer.SILENT, method=Method.PASV),
    )
    assert dialled(together(*epsv, passed, failed)).distinct == 2


@pytest.mark.parametrize(
    ("passed", "failed", "chance"),
    [
        ((1, 2, 3, 4), (5, 6, 7, 8), 2 / 70),
        ((1, 2, 7, 8), (3, 4, 5, 6), 8 / 70),
        ((1, 3, 5, 7), (2, 4, 6, 8), 1.0),
        ((1,), (2,), 1.0),
    ],
)
def test_how_likely_chance_sorts_ports(passed: tuple[int, ...], failed: tuple[int, ...], chance: float) -> None:
    """Two stretches of four are one of 70 orders, and its mirror image."""
    assert dialled(ports(passed, failed)).chance == pytest.approx(chance)


def test_a_port_that_passes_and_fails_is_no_matter_of_ports() -> None:
    """The same port cannot be both open and closed."""
    channel = together(to_port(1, Answer.ACCEPTED), to_port(2, Answer.ACCEPTED), to_port(1, Answer.SILENT))
    assert dialled(channel).chance == 1.0


def test_samples_count_beside_the_first_round() -> None:
    """They were dialled alike."""
    channel = sampled(to_port(50060, Answer.SILENT), to_port(50010, Answer.ACCEPTED))
    assert dialled(channel).told() == "50010 passes, 50060 does not"


@pytest.mark.parametrize("other", [{"method": Method.PASV}, {"tls": Tls.EXPLICIT}])
def test_what_was_dialled_otherwise_says_nothing_about_ports(other: dict[str, Any]) -> None:
    """A helper that reads PASV and not EPSV, or nothing under TLS, blocks by that and not by the port."""
    channel = together(to_port(50010, Answer.ACCEPTED, **other), to_port(50060, Answer.SILENT))
    assert not dialled(channel).mixed
    assert to_sample(channel) == (Experiment.PORT_SAMPLES,)


def test_samples_are_wanted_once_and_of_a_probe_only() -> None:
    """Where all fail there is no disagreement, a capture can dial nothing, and twice the same tells no more."""
    failed = to_port(50060, Answer.SILENT)
    passed = to_port(50010, Answer.ACCEPTED, method=Method.PASV)
    assert to_sample(together(to_port(50061, Answer.SILENT), failed)) == ()
    assert to_sample(together(passed, replace(failed, session=captured()))) == ()
    assert to_sample(sampled(together(passed, failed))) == ()


def test_a_walk_to_a_port_that_passes_tells_nothing_about_one_that_does_not() -> None:
    """Only one between ports that fail goes the way that they go."""
    channel = ports((50003, 50041), (50052, 50099))
    assert is_alike(channel, 50060)
    assert not is_alike(channel, 50020)
    assert not is_alike(channel, 50045)


@pytest.mark.parametrize(("ports", "alike"), [((50060, 50070), True), ((50060, 50060), True), ((), False)])
def test_a_port_announced_twice_is_made_up_for_by_the_one_that_was_walked_to(
    ports: tuple[int, ...], *, alike: bool
) -> None:
    """Three ports that fail under TLS make it no matter of ports, whichever of them the server announces again."""
    clear = to_port(50010, Answer.ACCEPTED)
    stopped = [to_port(port, Answer.SILENT, at=at, tls=Tls.EXPLICIT) for at, port in enumerate((*ports, 50080))]
    assert is_alike(together(clear, *stopped), 50061) is alike


@pytest.mark.parametrize(("passed", "alike"), [((), True), ((50090,), False)])
def test_both_methods_fail_where_none_passes_under_tls(passed: tuple[int, ...], *, alike: bool) -> None:
    """A port of either, and the one that was walked to, are three; not where one under TLS has passed."""
    clear = to_port(50010, Answer.ACCEPTED)
    pasv = [to_port(port, Answer.ACCEPTED, method=Method.PASV, tls=Tls.EXPLICIT) for port in passed]
    pasv.append(to_port(50070, Answer.SILENT, method=Method.PASV, tls=Tls.EXPLICIT))
    epsv = to_port(50080, Answer.SILENT, tls=Tls.EXPLICIT)
    assert is_alike(together(clear, *pasv, epsv), 50061) is alike
