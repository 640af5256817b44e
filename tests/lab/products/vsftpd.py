"""vsftpd: its configuration and its command."""

from __future__ import annotations

from tests.lab.server import UNPACKED, Encryption, Server
from tests.lab.site import Site

PLAIN = """
listen=NO
listen_ipv6=YES
background=NO
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
secure_chroot_dir=/srv/empty
anon_root=/srv/ftp
local_enable=YES
local_root=/srv/ftp
anonymous_enable=YES
no_anon_password=YES
write_enable=YES
anon_upload_enable=YES
connect_from_port_20=YES
pasv_min_port=50000
pasv_max_port=50100
"""

TLS = """
ssl_enable=YES
allow_anon_ssl=YES
force_local_logins_ssl=NO
force_local_data_ssl=NO
ssl_ciphers=HIGH
"""

MORE = {
    Encryption.NONE: "",
    Encryption.EXPLICIT: TLS,
    Encryption.REQUIRED: TLS + "force_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\n",
    Encryption.IMPLICIT: TLS + "implicit_ssl=YES\n",
}


def command(site: Site, server: Server) -> list[str]:
    """Write vsftpd.conf, name the program."""
    lines = (
        f"listen_port={server.port}",
        f"rsa_cert_file={site.certificate}",
        f"xferlog_enable=NO\n{PLAIN}{MORE[server.tls]}{server.config}\n",
    )
    return [str(UNPACKED / "usr/sbin/vsftpd"), str(site.write("vsftpd.conf", "\n".join(lines)))]
