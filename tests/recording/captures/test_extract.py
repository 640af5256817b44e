from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.utils import PcapReader

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.model import Diagnosis, Recording, Vantage
from ftpdiag.recording.captures import extract
from ftpdiag.recording.captures.anonymous import Anonymous
from ftpdiag.recording.frames.packets import RAW_IP, Frame
from ftpdiag.recording.replay import record
from ftpdiag.report.format import Format
from ftpdiag.report.look import Colour, Detail, Look
from tests.synthetic import files
from tests.synthetic.conversation import Conversation

CAPTURES = Path(__file__).parents[3] / "captures"
CAUSES = declarations("ftpdiag.causes", Cause)
SHOWN = sorted(
    file
    for pattern in (
        *("open-*", "synthetic-*", "passive-address-unroutable*", "active-inbound-rejected*", "passive-port-*"),
        *("control-rejected*", "control-reset*", "data-*", "active-source-address*", "reply-malformed*"),
    )
    for file in CAPTURES.glob(f"{pattern}/*.pcap*")
    if file.stem not in {"middle", "server"}
)


def told(files: list[Path], kept: dict[int, Frame] | None = None) -> tuple[Recording, Diagnosis]:
    """What the files hold, and what is thought of it."""
    recording = record(files, Vantage.UNKNOWN, kept=kept)
    return recording, diagnose(derive(recording), CAUSES)


def extracted(files: list[Path], to: Path, anonymous: Anonymous | None = None) -> Diagnosis:
    """Write the evidence, and say what it is evidence of."""
    kept: dict[int, Frame] = {}
    recording, found = told(files, kept)
    with to.open("wb") as file:
        extract.write(file, recording, kept, found.facts, anonymous)
    return found


def essence(found: Diagnosis) -> dict[str, Any]:
    """All that must be the same without addresses, names and packet numbers."""
    facts = found.facts
    return {
        "modes": found.modes,
        "findings": sorted((one.cause, one.mode, one.location, one.confidence, one.hop) for one in found.findings),
        "sessions": [(one.tls, one.product, one.logged_in, len(one.lines), one.server.port) for one in facts.sessions],
        "channels": [
            (
                channel.method,
                judgement,
                channel.announced.port if channel.announced else None,
                [(one.answer, one.tries, one.established, one.opener.port) for one in channel.openings],
                [reply.code for reply in channel.replies],
            )
            for channel, judgement in zip(facts.channels, found.channels, strict=True)
        ],
    }


@pytest.mark.parametrize("capture", SHOWN, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_an_anonymised_extract_tells_the_same(capture: Path, tmp_path: Path) -> None:
    """Sessions, channels, answers, verdicts, causes and places are those of the whole capture, whatever its links."""
    found = extracted([capture], tmp_path / "extract.pcap", Anonymous())
    assert essence(told([tmp_path / "extract.pcap"])[1]) == essence(found)


@pytest.mark.parametrize("name", ["open-proftpd", "open-vsftpd", "synthetic-pcap-big-endian"])
def test_bytes_are_counted_and_not_shown(name: str, tmp_path: Path) -> None:
    """What data connections carried is left out, and the report counts it all the same."""
    capture = next((CAPTURES / name).glob("*.pcap*"))
    found = extracted([capture], tmp_path / "extract.pcap")
    again = told([tmp_path / "extract.pcap"])[1]
    moved = [[(one.to_client, one.to_server) for one in each.carriages] for each in found.facts.channels]
    assert [[(one.to_client, one.to_server) for one in each.carriages] for each in again.facts.channels] == moved
    assert any(moved)
    assert b"-rw-r--r--" not in (tmp_path / "extract.pcap").read_bytes()


def test_no_password_and_no_address_is_left(tmp_path: Path) -> None:
    """The password is blanked in any extract; in an anonymised one no address of the capture is left in any packet."""
    capture = next((CAPTURES / "synthetic-pcap-big-endian").glob("*.pcap*"))
    extracted([capture], tmp_path / "plain.pcap")
    assert b"PASS ******" in (tmp_path / "plain.pcap").read_bytes()
    found = extracted([capture], tmp_path / "other.pcap", Anonymous(bytes(range(32))))
    data = (tmp_path / "other.pcap").read_bytes()
    for session in found.facts.sessions:
        assert session.client
        for end in (session.client.host, session.server.host):
            assert not re.search(rf"{re.escape(end)}(?!\d)".encode(), data)
            assert bytes(map(int, end.split("."))) not in data
    assert b"secret" not in data


@pytest.mark.parametrize("anonymous", [None, Anonymous()], ids=["plain", "anonymised"])
def test_no_password_in_any_report_or_extract(anonymous: Anonymous | None, tmp_path: Path) -> None:
    """However a password is told, and where it is repeated: no format shows it, and no extract holds it."""
    talk = Conversation()
    talk.open("client", 40000, 21)
    talk.say("< 220 ready", "> USER bob", "< 331 Password?", "> PASS hunter2", "< 230 In")
    talk.say("> CWD /home/hunter2/private", '< 550 "/home/hunter2/private": no such folder')
    talk.say("> SITE PSWD hunter2 correcthorse", "< 230 correcthorse it is.", "> CWD correcthorse", "< 550 No.")
    (tmp_path / "whole.pcap").write_bytes(files.pcap(talk.packets, RAW_IP))
    found = extracted([tmp_path / "whole.pcap"], tmp_path / "extract.pcap", anonymous)
    look = Look(width=80, colour=Colour.NONE, detail=Detail.EVERYTHING)
    shown = [one.render(found, look, ()) for one in declarations("ftpdiag.formats", Format)]
    shown.append((tmp_path / "extract.pcap").read_bytes().decode("latin-1"))
    assert any("SITE PSWD ***" in one for one in shown)
    assert not [one for one in shown if "hunter2" in one or "correct" in one]


@pytest.mark.parametrize("capture", SHOWN[::7], ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_checksums_are_right(capture: Path, tmp_path: Path) -> None:
    """Of every packet that is written whole, but for SYNs whose checksum was left to the network card."""
    extracted([capture], tmp_path / "extract.pcap", Anonymous())
    with PcapReader(str(tmp_path / "extract.pcap")) as packets:
        for packet in packets:
            if TCP not in packet or packet[TCP].flags.S or packet.wirelen != len(packet):
                continue
            ip = type(packet[IP] if IP in packet else packet[IPv6])
            expected = packet.copy()
            del expected[TCP].chksum
            assert ip(bytes(expected[ip]))[TCP].chksum == packet[TCP].chksum


def test_several_files(tmp_path: Path) -> None:
    """Evidence of several files is one capture, in the order of its packets."""
    names = ("open-vsftpd", "open-proftpd")
    files = [CAPTURES / name / "client.pcap" for name in names]
    found = extracted(files, tmp_path / "extract.pcap")
    assert essence(told([tmp_path / "extract.pcap"])[1]) == essence(found)
