"""What captures a benchmark makes: the words for them."""

from __future__ import annotations

from enum import StrEnum


class Mix(StrEnum):
    """How large packets are."""

    IMIX = "imix"
    SMALL = "small"


class Form(StrEnum):
    """How they are written."""

    PCAP = "pcap"
    PCAPNG = "pcapng"
