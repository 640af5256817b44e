"""What must change in the settings of an FTP server, by product and ready to paste.

Filled in from the case at hand are the words that `remedies` names.
"""

from __future__ import annotations

from ftpdiag.clues.remedies import LET_DATA_OUT_OF_HOST, LET_DATA_OUT_OF_NETWORK, OPEN_PASSIVE_RANGE, USE_PASSIVE
from ftpdiag.model import Location, Remedy

FIX_PASSIVE_RANGE = (
    Remedy(who="server", product="vsftpd", text="pasv_min_port=$low\npasv_max_port=$high"),
    Remedy(who="server", product="ProFTPD", text="PassivePorts $low $high"),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-ftpd -p $low:$high\nDebian: echo $low $high > /etc/pure-ftpd/conf/PassivePortRange",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Server settings > FTP and FTPS > Passive mode: use custom port range, from $low to $high",
    ),
    Remedy(
        who="server",
        product="IIS",
        text="$$firewall = @{pspath='MACHINE/WEBROOT/APPHOST'; filter='system.ftpServer/firewallSupport'}\n"
        "Set-WebConfigurationProperty @firewall -name lowDataChannelPort -value $low\n"
        "Set-WebConfigurationProperty @firewall -name highDataChannelPort -value $high\n"
        "Restart-Service ftpsvc",
    ),
    Remedy(who="server", product="pyftpdlib", text="handler.passive_ports = range($low, $beyond)"),
)

FIX_THEN_OPEN_PASSIVE_RANGE = (
    Remedy(
        who="server",
        product="any FTP server",
        text="$passive_range",
    ),
    *FIX_PASSIVE_RANGE,
    *OPEN_PASSIVE_RANGE,
)

FIX_THEN_OPEN_PASSIVE_RANGE_ON_THE_WAY = tuple(
    one for one in FIX_THEN_OPEN_PASSIVE_RANGE if one.who == "network" or one not in OPEN_PASSIVE_RANGE
)
"""Not on the server's own firewall: the SYN did not come to it, or its answer left it."""


def open_by_hand(location: Location) -> tuple[Remedy, ...]:
    """Where a device there opens the passive ports that it reads, and cannot read these."""
    if location is Location.CLIENT_HOST:
        return LET_DATA_OUT_OF_HOST
    if location is Location.CLIENT_NETWORK:
        return LET_DATA_OUT_OF_NETWORK
    return FIX_THEN_OPEN_PASSIVE_RANGE


LISTEN_ON_ANNOUNCED_PORT = (
    Remedy(
        who="server",
        product="any FTP server",
        text="On the server, while a transfer waits: ss -ltnp. If nobody listens on the announced port there, the "
        "server announces the wrong one, or something on the way rewrites it; if somebody does, its firewall resets.",
    ),
    Remedy(
        who="server",
        product="Docker",
        text="Publish the range under the same numbers:\ndocker run -p $low-$high:$low-$high",
    ),
    Remedy(
        who="network",
        product="load balancer",
        text="Send all ports of one client to the same machine: source address affinity.",
    ),
)

ANNOUNCE_PUBLIC_ADDRESS = (
    Remedy(
        who="server",
        product="vsftpd",
        text="pasv_address=$server\nlisten=YES\nlisten_ipv6=NO\n"
        "With listen_ipv6=YES and a pasv_address it announces 0.0.0.0 to IPv4 clients.",
    ),
    Remedy(who="server", product="ProFTPD", text="MasqueradeAddress $server"),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-ftpd -P $server\nDebian: echo $server > /etc/pure-ftpd/conf/ForcePassiveIP",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Server settings > FTP and FTPS > Passive mode: use the following host: $server",
    ),
    Remedy(
        who="server",
        product="IIS",
        text="$$site = @{pspath='MACHINE/WEBROOT/APPHOST'; "
        "filter=\"system.applicationHost/sites/site[@name='SITE']/ftpServer/firewallSupport\"}\n"
        "Set-WebConfigurationProperty @site -name externalIp4Address -value $server\n"
        "Restart-Service ftpsvc",
    ),
    Remedy(who="server", product="pyftpdlib", text='handler.masquerade_address = "$server"'),
)

ANNOUNCE_INSIDE_ADDRESS = (
    Remedy(
        who="server",
        product="any FTP server",
        text="Clients outside may need what it announces: leave that as it is for them, and let those inside be told "
        "$server, by a listener of their own or by a rule for local clients.",
    ),
    Remedy(
        who="server",
        product="vsftpd",
        text="A second vsftpd for clients inside, on an address or a port of its own, whose file has no pasv_address.",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="A <VirtualHost> for clients inside, on an address or a Port of its own, without MasqueradeAddress.",
    ),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="A second one for clients inside, on an address or a port of its own (-S), without -P.",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Server settings > FTP and FTPS > Passive mode: use the default host for local connections.",
    ),
    Remedy(
        who="server",
        product="pyftpdlib",
        text="A second handler class for clients inside, without masquerade_address, with an FTPServer of its own.",
    ),
    Remedy(
        who="network",
        product="NAT router at the server",
        text="Or lead clients inside back in, to the passive ports as well as to the control port (NAT loopback), with "
        "source NAT, so that the answers come back by the router.",
    ),
)
"""Where a server inside announces its site's public address, which is right for everybody else."""

ENABLE_PASSIVE = (
    Remedy(
        who="server",
        product="vsftpd",
        text="pasv_enable=YES\nAnd cmds_allowed and cmds_denied must let PASV and EPSV pass.",
    ),
    Remedy(who="server", product="ProFTPD", text="Remove the <Limit PASV EPSV> section that denies it."),
    Remedy(who="server", product="Pure-FTPd", text="Start it without -N, which forces active mode."),
    Remedy(who="server", product="pyftpdlib", text='Keep "PASV" and "EPSV" in handler.proto_cmds.'),
    Remedy(who="server", product="SELinux", text="setsebool -P ftpd_use_passive_mode on"),
)

SANDBOX = Remedy(
    who="server",
    product="vsftpd",
    text="Where it breaks down with `OOPS: priv_sock_get_cmd` or `OOPS: child died`, or at a transfer without a word, "
    "its sandbox does not know the system's newer calls:\nseccomp_sandbox=NO",
)

AFTER_A_BREAKDOWN = (
    SANDBOX,
    Remedy(
        who="server",
        product="any FTP server",
        text="Look in its log and the system's (journalctl, dmesg) for this session: why the process ended.",
    ),
)

ENABLE_ACTIVE = (
    Remedy(
        who="server",
        product="vsftpd",
        text="port_enable=YES\nWhere binding port 20 fails: connect_from_port_20=NO\n"
        "And cmds_allowed and cmds_denied must let PORT and EPRT pass.",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="RootRevoke off\nAnd remove a <Limit PORT EPRT> section that denies it.",
    ),
    Remedy(who="server", product="pyftpdlib", text='Keep "PORT" and "EPRT" in handler.proto_cmds.'),
)

CALL_BACK_FROM_DATA_PORT = (
    Remedy(
        who="server",
        product="vsftpd",
        text="connect_from_port_20=YES\nPorts below 1024 need root or CAP_NET_BIND_SERVICE: not with "
        "run_as_launching_user=YES.",
    ),
    Remedy(
        who="network",
        product="firewalls at the client",
        text="Let call-backs in by the server's address, $server, and not by source port 20.",
    ),
)

CALL_BACK_FROM_SAME_ADDRESS = (
    Remedy(who="server", product="vsftpd", text="listen_address=$server"),
    Remedy(who="server", product="ProFTPD", text="DefaultAddress $server\nSocketBindTight on"),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-ftpd -S $server,$port\nDebian: echo $server,$port > /etc/pure-ftpd/conf/Bind",
    ),
    Remedy(
        who="network",
        product="NAT or load balancer at the server",
        text="Give connections that the server opens the address under which its clients reach it: $server.",
    ),
    Remedy(
        who="client",
        product="lftp",
        text="set ftp:verify-address no\nOnly as a last resort: it accepts data from anybody.",
    ),
    USE_PASSIVE,
)

START_SERVER = (
    Remedy(
        who="server",
        product="any system",
        text="See whether the FTP server runs, and on which address and port:\nss -ltnp 'sport = :$port'\n"
        "Then start it (vsftpd, proftpd, pure-ftpd; Windows: Start-Service ftpsvc):\nsystemctl enable --now vsftpd",
    ),
    Remedy(who="server", product="vsftpd", text="listen=YES (or listen_ipv6=YES for both families)\nlisten_port=$port"),
    Remedy(who="server", product="ProFTPD", text="Port $port\nDefaultAddress $server"),
    Remedy(who="server", product="Pure-FTPd", text="pure-ftpd --bind=$port"),
    Remedy(who="server", product="pyftpdlib", text='FTPServer(("", $port), handler)'),
)

UPDATE_SERVER = Remedy(
    who="server",
    product="any FTP server",
    text="Use a version that knows RFC 2428 (EPRT and EPSV), or enable IPv6 in it. A firewall that inspects FTP may "
    "decline both in the server's name: turn the inspection off for this server.",
)
