"""ProFTPD: its configuration and its command."""

from __future__ import annotations

from tests.lab.server import UNPACKED, Encryption, Server
from tests.lab.site import Site

PLAIN = """
Port {port}
ServerIdent on "ProFTPD Server ready."
UseIPv6 on
DefaultAddress 127.0.0.1
DefaultServer on
User nobody
Group nogroup
RequireValidShell off
UseReverseDNS off
DelayEngine off
WtmpLog off
TransferLog none
PidFile {run}/pid
ScoreboardFile {run}/scoreboard
ModulePath {modules}
PassivePorts 50000 50100
<Anonymous /srv/ftp>
    User ftp
    Group ftp
    UserAlias anonymous ftp
</Anonymous>
{config}
"""

TLS = """
LoadModule mod_tls.c
TLSEngine on
TLSLog {run}/tls.log
TLSRSACertificateFile {certificate}
TLSRSACertificateKeyFile {certificate}
TLSRequired {required}
TLSOptions {options}
"""


def command(site: Site, server: Server) -> list[str]:
    """Write proftpd.conf, name the program."""
    run = site.root / "run"
    text = PLAIN.format(port=server.port, run=run, modules=UNPACKED / "usr/lib/proftpd", config=server.config)
    if server.tls is not Encryption.NONE:
        text = TLS.format(
            run=run,
            certificate=site.certificate,
            required="on" if server.tls is Encryption.REQUIRED else "off",
            options="UseImplicitSSL" if server.tls is Encryption.IMPLICIT else "NoEmptyFragments",
        ) + text  # fmt: skip
        text = f"ModulePath {UNPACKED / 'usr/lib/proftpd'}\n{text}"
    return [str(UNPACKED / "usr/sbin/proftpd"), "--nodaemon", "--config", str(site.write("proftpd.conf", text))]
