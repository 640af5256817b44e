"""A folder -> what every server of the lab serves, who may log in, and its certificate."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

NAMES = ("203.0.113.2", "203.0.113.3", "10.2.0.2", "2001:db8:5::2", "ftp.example.org")
"""What the certificate says the server is called."""

PASSWORD = "open sesame"
"""Of the user `ftpdiag`; anonymous logins need none."""

PASSWD = """\
root:x:0:0::/root:/bin/sh
ftp:x:65000:65000::/srv/ftp:/bin/sh
ftpdiag:x:65001:65000::/srv/ftp:/bin/sh
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
"""

SHADOW = """\
root:*:20000:0:99999:7:::
ftp:*:20000:0:99999:7:::
ftpdiag:$6$ftpdiag$5ixg2pM4gwaV9K0vGId2ZckTvdfxXiLXx6UQ9gIkic3sukGsKjt0qFW6Bg3MPDo4oQ/j7WYaa1yA06P186dHP1:20000::::::
nobody:*:20000:0:99999:7:::
"""

GROUP = """\
root:x:0:
ftp:x:65000:
nogroup:x:65534:
"""

ENTER = """
for file in passwd shadow group; do mount --bind "$1/etc/$file" "/etc/$file"; done
mount --bind "$1/srv" /srv
shift
exec "$@"
"""
"""Shows a server, and nobody else, the site as its own /srv and its own users."""


@dataclass(frozen=True, slots=True)
class Site:
    """The files of one server. Inside, `/srv/ftp` is what anonymous and `ftpdiag` see."""

    root: Path

    def __post_init__(self) -> None:
        """Lay the files out."""
        for folder in ("etc", "srv/empty", "srv/ftp/pub", "srv/ftp/incoming", "run"):
            (self.root / folder).mkdir(parents=True)
        for name, text in (("passwd", PASSWD), ("shadow", SHADOW), ("group", GROUP)):
            (self.root / "etc" / name).write_text(text)
        files = self.root / "srv/ftp"
        (files / "pub/hello.txt").write_text("The quick brown fox jumps over the lazy dog.\n" * 100)
        (files / "pub/medium.bin").write_bytes(bytes(range(256)) * 256)
        (files / "pub/big.bin").write_bytes(bytes(range(256)) * 4096)
        shutil.chown(files / "incoming", 65000, 65000)
        import trustme  # noqa: PLC0415  who only asks whether the lab runs here may lack it

        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        authority.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(self.certificate)

    @property
    def authority(self) -> Path:
        """The certificate of the authority that a client may trust."""
        return self.root / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The server's key and certificate, in one file."""
        return self.root / "server.pem"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.root / "server.log"

    def write(self, name: str, text: str) -> Path:
        """Put a configuration file beside the site."""
        path = self.root / name
        path.write_text(text)
        return path

    def inside(self, *command: str) -> list[str]:
        """Wrap a command so that it runs where the site is the machine's own."""
        return ["unshare", "--mount", "sh", "-ec", ENTER, "enter", str(self.root), *command]
