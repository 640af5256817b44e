"""What the environment says of proxies."""

import pytest

from ftpdiag.recording.environment import ftp_proxy


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, None),
        ({"ftp_proxy": "http://alice:secret@proxy.example.org:3128/"}, "proxy.example.org:3128"),
        ({"FTP_PROXY": "proxy.example.org"}, "proxy.example.org"),
        ({"ftp_proxy": "http://proxy:port/"}, None),
        ({"ftp_proxy": ""}, None),
        ({"ftp_proxy": "http://proxy:3128", "no_proxy": "example.org"}, None),
    ],
)
def test_ftp_proxy(variables: dict[str, str], named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy without user and password; none where the host is an exception, or where it cannot be read."""
    for name in ("ftp_proxy", "FTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ftp_proxy("ftp.example.org") == named
