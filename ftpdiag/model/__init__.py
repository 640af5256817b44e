"""The nouns every stage speaks in: frozen values, no I/O, no clock.

Times (`at`, `began`) are seconds since the epoch; hosts are numeric addresses; packet numbers count from 1.
"""

from __future__ import annotations

from ftpdiag.model.attempts import Attempt, Cell, Hangup, Target
from ftpdiag.model.facts import ControlSession, DataChannel, Facts, Retried
from ftpdiag.model.findings import Alternative, Diagnosis, Evidence, Finding, Judgement, Remedy
from ftpdiag.model.recording import CaptureFile, Leftover, Recording, Source, Tap
from ftpdiag.model.said import Exchange, Line, Reply
from ftpdiag.model.seen import TOO_BIG, Carriage, Endpoint, IcmpError, Opening, Packet, Segment, Track, Unheard
from ftpdiag.model.sights import Announcement, Difference, Distance, HeldUp, Place, Sight, Stuck, Unacknowledged
from ftpdiag.model.trials import (
    AS_BEFORE,
    PAST_FIRST_ROUTER,
    Change,
    Doubt,
    HopWalk,
    OpenedCall,
    Retry,
    Step,
    Trial,
    Walk,
)
from ftpdiag.vocabulary import (
    Answer,
    Confidence,
    Ending,
    Experiment,
    Fate,
    Flag,
    Location,
    Method,
    Mode,
    Party,
    Tls,
    Vantage,
    Verdict,
    View,
)

__all__ = [
    "AS_BEFORE",
    "PAST_FIRST_ROUTER",
    "TOO_BIG",
    "Alternative",
    "Announcement",
    "Answer",
    "Attempt",
    "CaptureFile",
    "Carriage",
    "Cell",
    "Change",
    "Confidence",
    "ControlSession",
    "DataChannel",
    "Diagnosis",
    "Difference",
    "Distance",
    "Doubt",
    "Ending",
    "Endpoint",
    "Evidence",
    "Exchange",
    "Experiment",
    "Facts",
    "Fate",
    "Finding",
    "Flag",
    "Hangup",
    "HeldUp",
    "HopWalk",
    "IcmpError",
    "Judgement",
    "Leftover",
    "Line",
    "Location",
    "Method",
    "Mode",
    "OpenedCall",
    "Opening",
    "Packet",
    "Party",
    "Place",
    "Recording",
    "Remedy",
    "Reply",
    "Retried",
    "Retry",
    "Segment",
    "Sight",
    "Source",
    "Step",
    "Stuck",
    "Tap",
    "Target",
    "Tls",
    "Track",
    "Trial",
    "Unacknowledged",
    "Unheard",
    "Vantage",
    "Verdict",
    "View",
    "Walk",
]
