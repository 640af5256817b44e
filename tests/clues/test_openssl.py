from __future__ import annotations

from ftpdiag.clues.openssl import finds_no_common_ground, hears_no_tls


def test_alerts_and_weak_parameters_are_a_disagreement() -> None:
    """Both sides speak TLS."""
    for words in ("sslv3 alert handshake failure", "unsupported protocol", "dh key too small", "no shared cipher"):
        assert finds_no_common_ground(words)
        assert not hears_no_tls(words)


def test_plain_text_is_no_tls() -> None:
    """OpenSSL's names for it changed over the years."""
    for words in ("wrong version number", "record layer failure", "packet length too long"):
        assert hears_no_tls(words)
        assert not finds_no_common_ground(words)


def test_an_end_is_neither() -> None:
    """Whoever closes does not say why."""
    words = "The connection was closed in the middle of the TLS handshake."
    assert not finds_no_common_ground(words)
    assert not hears_no_tls(words)
