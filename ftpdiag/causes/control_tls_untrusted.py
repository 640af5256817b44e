"""The server's certificate does not verify, so no password was sent.

What happens: TLS works, but the server shows a certificate that this machine has no reason to believe: self-signed,
signed by an unknown authority, expired, or made out to another name. Anybody between you and the server could show
such a one, so ftpdiag stops before the login.

How it is told: by OpenSSL's verdict, which is quoted.

What it is not: a firewall in the way, unless it is one that opens TLS to look inside and shows a certificate of its
own. Compare the fingerprint with the one the server's administrator gives you.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.model import Alternative, Confidence, ControlSession, Ending, Evidence, Location, Remedy, Verdict


@cause(
    title="The server's certificate does not verify",
    judges=ControlSession,
    verdict=Verdict.UNTESTED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="ftpdiag",
            text="If a private authority signed it, give that authority's own certificate (where --ca-file was given, "
            "it holds another one):\n"
            "ftpdiag probe --ca-file CA.pem $target\n"
            "If it is made out to a name: give the name instead of the address.\n"
            "To test without verifying anything, which shows the password to whoever is in between:\n"
            "ftpdiag probe --insecure $target",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="A certificate for the name that clients use, followed by its chain:\n"
            "rsa_cert_file=/etc/letsencrypt/live/NAME/fullchain.pem\n"
            "rsa_private_key_file=/etc/letsencrypt/live/NAME/privkey.pem",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="TLSRSACertificateFile /etc/letsencrypt/live/NAME/cert.pem\n"
            "TLSRSACertificateKeyFile /etc/letsencrypt/live/NAME/privkey.pem\n"
            "TLSCertificateChainFile /etc/letsencrypt/live/NAME/chain.pem\n"
            "A key of another kind: TLSECCertificateFile, TLSECCertificateKeyFile.",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="cat /etc/letsencrypt/live/NAME/privkey.pem /etc/letsencrypt/live/NAME/fullchain.pem "
            "> /etc/ssl/private/pure-ftpd.pem",
        ),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="Server settings > FTP and FTPS > Connection security: a certificate of an authority, chain included.",
        ),
        Remedy(
            who="server", product="IIS", text="FTP SSL Settings > SSL Certificate: one for the name that clients use."
        ),
        Remedy(
            who="server",
            product="pyftpdlib",
            text='handler.certfile = "/etc/letsencrypt/live/NAME/fullchain.pem"\n'
            'handler.keyfile = "/etc/letsencrypt/live/NAME/privkey.pem"',
        ),
    ),
    references=("RFC 4217 §12", "RFC 9525"),
)
def control_tls_untrusted(session: ControlSession) -> Grounds | None:
    """Ftpdiag closed it: the certificate did not verify."""
    hangup = session.hangup
    if hangup is None or hangup.ending is not Ending.UNTRUSTED:
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"The certificate of {session.server} does not verify, so ftpdiag stopped before the login.",
        evidence=(Evidence(text=hangup.detail, at=hangup.at),),
        alternatives=(
            Alternative(
                cause="proxy-in-the-way",
                settle_with=f"the fingerprint: openssl s_client -connect {session.server}"
                + (" -starttls ftp" if session.exchange("AUTH") else "")
                + " </dev/null | openssl x509 -noout -fingerprint, here and beside the server",
            ),
        ),
    )
