"""OpenSSL's words for a TLS handshake that failed -> what they tell about the other side."""

from __future__ import annotations

import re

_DISAGREEMENT = (
    r"alert|unsupported protocol|no (shared|common) cipher|too small|legacy|signature type|too weak|no protocols"
)
_IN_THE_CLEAR = r"wrong version number|record layer failure|packet length too long|http request"


def finds_no_common_ground(words: str) -> bool:
    """Both sides speak TLS, and no version, cipher, key or certificate suits both."""
    return bool(re.search(_DISAGREEMENT, words))


def hears_no_tls(words: str) -> bool:
    """What came in answer is no TLS: the other side speaks in the clear."""
    return bool(re.search(_IN_THE_CLEAR, words))
