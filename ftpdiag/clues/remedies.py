"""What must change, by product and ready to paste, where several causes ask for the same.

Filled in from the case at hand: $server, $client, $port (of the control connection), $data_port, $announced, and the
family's words: $ip (ip, ip6), $ipv (ipv4, ipv6), $iptables, $anyone. 50000-50100 stands for the range you choose.
"""

from __future__ import annotations

from ftpdiag.model import Remedy

# --- another mode ------------------------------------------------------------------------------------------------

USE_PASSIVE = Remedy(who="client", product="any FTP client", text="Use passive mode, where the server lets it through.")

USE_ACTIVE = Remedy(who="client", product="any FTP client", text="Use active mode, where the client's side lets it in.")

USE_EPSV = Remedy(
    who="client",
    product="any FTP client",
    text="Use EPSV: its reply names a port only, and the client dials the address it already talks to.\n"
    "curl does by default; lftp: set ftp:prefer-epsv yes; FileZilla does over IPv6.",
)

USE_PASV = Remedy(
    who="client",
    product="any FTP client",
    text="Use PASV over IPv4.\ncurl: --disable-epsv; lftp: set ftp:prefer-epsv no.",
)

USE_PORT = Remedy(
    who="client", product="any FTP client", text="Use PORT instead of EPRT, over IPv4.\ncurl: --disable-eprt."
)

# --- passive: the server's range -----------------------------------------------------------------------------------

OPEN_PASSIVE_RANGE = (
    Remedy(who="server", product="nftables", text="nft insert rule inet filter input tcp dport 50000-50100 accept"),
    Remedy(who="server", product="iptables", text="$iptables -I INPUT -p tcp --dport 50000:50100 -j ACCEPT"),
    Remedy(
        who="server",
        product="firewalld",
        text="firewall-cmd --permanent --add-port=50000-50100/tcp && firewall-cmd --reload",
    ),
    Remedy(who="server", product="ufw", text="ufw allow 50000:50100/tcp"),
    Remedy(
        who="server",
        product="Windows Firewall",
        text='New-NetFirewallRule -DisplayName "FTP passive range" -Direction Inbound -Protocol TCP '
        "-LocalPort 50000-50100 -Action Allow",
    ),
    Remedy(
        who="network",
        product="AWS security group",
        text="aws ec2 authorize-security-group-ingress --group-id GROUP --ip-permissions "
        "IpProtocol=tcp,FromPort=50000,ToPort=50100,IpRanges='[{CidrIp=0.0.0.0/0}]',Ipv6Ranges='[{CidrIpv6=::/0}]'",
    ),
    Remedy(
        who="network",
        product="Azure network security group",
        text="az network nsg rule create --resource-group GROUP --nsg-name NSG --name ftp-passive --priority 310 "
        "--direction Inbound --access Allow --protocol Tcp --destination-port-ranges 50000-50100",
    ),
    Remedy(
        who="network",
        product="Google Cloud firewall",
        text="gcloud compute firewall-rules create ftp-passive --direction INGRESS --allow tcp:50000-50100 "
        "--source-ranges '$anyone'",
    ),
    Remedy(
        who="network",
        product="NAT router or firewall at the server",
        text="Let TCP 50000-50100 in to the server; behind NAT, forward each of these ports to the same port of the "
        "server. A container needs them published: docker run -p 50000-50100:50000-50100",
    ),
)
"""Needs FIX_PASSIVE_RANGE, so that the server announces ports of this range only."""

FIX_PASSIVE_RANGE = (
    Remedy(who="server", product="vsftpd", text="pasv_min_port=50000\npasv_max_port=50100"),
    Remedy(who="server", product="ProFTPD", text="PassivePorts 50000 50100"),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-ftpd -p 50000:50100\nDebian: echo 50000 50100 > /etc/pure-ftpd/conf/PassivePortRange",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Server settings > FTP and FTPS > Passive mode: use custom port range, from 50000 to 50100",
    ),
    Remedy(
        who="server",
        product="IIS",
        text="$$firewall = @{pspath='MACHINE/WEBROOT/APPHOST'; filter='system.ftpServer/firewallSupport'}\n"
        "Set-WebConfigurationProperty @firewall -name lowDataChannelPort -value 50000\n"
        "Set-WebConfigurationProperty @firewall -name highDataChannelPort -value 50100\n"
        "Restart-Service ftpsvc",
    ),
    Remedy(who="server", product="pyftpdlib", text="handler.passive_ports = range(50000, 50101)"),
)

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
        text="Publish the range under the same numbers: docker run -p 50000-50100:50000-50100",
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

IGNORE_ANNOUNCED_ADDRESS = (
    Remedy(
        who="client",
        product="any FTP client",
        text="Dial the announced port at the server's own address.\n"
        "curl does by default; lftp: set ftp:fix-pasv-address yes; WinSCP: Connection > Force IP address for passive "
        "mode connections; FileZilla: Settings > FTP > Passive mode > Use the server's external IP address instead.",
    ),
    USE_EPSV,
)

ENABLE_PASSIVE = (
    Remedy(who="server", product="vsftpd", text="pasv_enable=YES"),
    Remedy(who="server", product="ProFTPD", text="Remove the <Limit PASV EPSV> section that denies it."),
    Remedy(who="server", product="Pure-FTPd", text="Start it without -N, which forces active mode."),
    Remedy(who="server", product="pyftpdlib", text='Keep "PASV" and "EPSV" in handler.proto_cmds.'),
    Remedy(who="server", product="SELinux", text="setsebool -P ftpd_use_passive_mode on"),
)

# --- active: the call-back -------------------------------------------------------------------------------------------

ACCEPT_CALL_BACK_ON_HOST = (
    Remedy(
        who="client",
        product="nftables",
        text="A rule for the ports your client listens on (ftpdiag: --active-ports 50000-50100; curl: "
        "-P -:50000-50100; lftp: set ftp:port-range 50000-50100):\n"
        "nft insert rule inet filter input $ip saddr $server tcp dport 50000-50100 accept",
    ),
    Remedy(
        who="client",
        product="nftables, where what leaves is filtered as well",
        text="nft insert rule inet filter output ct state established,related accept",
    ),
    Remedy(
        who="client",
        product="nftables, without TLS",
        text="The kernel's FTP helper on the way out, and what it announces let in; save as FILE, then nft -f FILE:\n"
        "table $ip ftp-helper {\n"
        '    ct helper ftp {\n        type "ftp" protocol tcp\n    }\n'
        "    chain out {\n        type filter hook output priority filter\n"
        '        tcp dport $port ct helper set "ftp"\n    }\n'
        "}\n"
        "insert rule inet filter input ct state established,related accept",
    ),
    Remedy(
        who="client",
        product="iptables",
        text="$iptables -I INPUT -p tcp -s $server --dport 50000:50100 -j ACCEPT",
    ),
    Remedy(
        who="client",
        product="iptables, without TLS",
        text="$iptables -t raw -A OUTPUT -p tcp --dport $port -j CT --helper ftp\n"
        "$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
    Remedy(
        who="client",
        product="firewalld",
        text='firewall-cmd --permanent --add-rich-rule=\'rule family="$ipv" source address="$server" '
        'port port="50000-50100" protocol="tcp" accept\' && firewall-cmd --reload',
    ),
    Remedy(who="client", product="ufw", text="ufw allow proto tcp from $server to any port 50000:50100"),
    Remedy(
        who="client",
        product="Windows Firewall",
        text='New-NetFirewallRule -DisplayName "FTP active mode" -Direction Inbound -Protocol TCP '
        "-RemoteAddress $server -LocalPort 50000-50100 -Action Allow",
    ),
)
"""The first names how a client is told which ports to listen on; the others use the same range."""

LET_CALL_BACK_IN = (
    Remedy(
        who="network",
        product="NAT router or firewall at the client",
        text="Behind NAT: forward TCP 50000-50100 to the client, let it listen on these ports and announce the public "
        "address (ftpdiag: --active-ports 50000-50100 --active-address PUBLIC; curl: -P PUBLIC:50000-50100). "
        "Without NAT: let TCP from $server to $client, ports 50000-50100, in. The router's own FTP helper (ALG) does "
        "either by itself, but only for sessions without TLS on a port that it watches.",
    ),
    Remedy(
        who="network",
        product="nftables on the client's router, without TLS",
        text="Save as FILE, then nft -f FILE:\n"
        "table $ip ftp-helper {\n"
        '    ct helper ftp {\n        type "ftp" protocol tcp\n    }\n'
        "    chain pre {\n        type filter hook prerouting priority filter\n"
        '        tcp dport $port ct helper set "ftp"\n    }\n'
        "}\n"
        "insert rule inet filter forward ct state established,related accept",
    ),
    Remedy(
        who="network",
        product="AWS security group of the client",
        text="aws ec2 authorize-security-group-ingress --group-id GROUP --protocol tcp --port 50000-50100 "
        "--cidr $server/32",
    ),
)

LET_CALL_BACK_OUT = (
    Remedy(
        who="server",
        product="nftables",
        text="nft insert rule inet filter output $ip daddr $client tcp dport 1024-65535 accept",
    ),
    Remedy(
        who="server",
        product="iptables",
        text="$iptables -I OUTPUT -p tcp -d $client --dport 1024:65535 -j ACCEPT",
    ),
    Remedy(
        who="server",
        product="Windows Firewall",
        text='New-NetFirewallRule -DisplayName "FTP active mode" -Direction Outbound -Protocol TCP '
        "-RemotePort 1024-65535 -Action Allow",
    ),
    Remedy(
        who="network",
        product="firewall or cloud security group at the server",
        text="Let the server open TCP connections to ports 1024-65535 of its clients, and the answers in.",
    ),
)

LISTEN_EVERYWHERE = Remedy(
    who="client",
    product="any FTP client",
    text="Where a client has more than one address: let it listen on the one it announces, or on all of them.",
)

LET_ANSWER_TO_CALL_BACK_THROUGH = (
    Remedy(
        who="network",
        product="firewalls and routers between client and server",
        text="Let TCP from $client, source ports 1024-65535, to $server port 20 through, or send both directions of a "
        "connection through the same stateful firewall: it must see the SYN to know the SYN-ACK.",
    ),
    Remedy(
        who="server",
        product="nftables",
        text="nft insert rule inet filter input ct state established,related accept",
    ),
    Remedy(
        who="server",
        product="iptables",
        text="$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
)

ANNOUNCE_REACHABLE_ADDRESS = (
    Remedy(
        who="client",
        product="any FTP client behind NAT",
        text="Forward a few ports to the client, and let it announce the public address with them.\n"
        "ftpdiag: --active-ports 50000-50100 --active-address PUBLIC; curl: -P PUBLIC:50000-50100; "
        "lftp: set ftp:port-ipv4 PUBLIC; set ftp:port-range 50000-50100; FileZilla: Settings > FTP > Active mode.",
    ),
    Remedy(
        who="network",
        product="nftables on the NAT router, without TLS",
        text="The kernel's FTP helper rewrites the address; save as FILE, then nft -f FILE:\n"
        "table $ip ftp-helper {\n"
        '    ct helper ftp {\n        type "ftp" protocol tcp\n    }\n'
        "    chain pre {\n        type filter hook prerouting priority filter\n"
        '        tcp dport $port ct helper set "ftp"\n    }\n'
        "}",
    ),
)

CALL_BACK_FROM_DATA_PORT = (
    Remedy(who="server", product="vsftpd", text="connect_from_port_20=YES"),
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

UPDATE_SERVER = Remedy(
    who="server",
    product="any FTP server",
    text="Use a version that knows RFC 2428 (EPRT and EPSV), or enable IPv6 in it. A firewall that inspects FTP may "
    "decline both in the server's name: turn the inspection off for this server.",
)

ENABLE_ACTIVE = (
    Remedy(
        who="server",
        product="vsftpd",
        text="port_enable=YES\nWhere binding port 20 fails: connect_from_port_20=NO",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="RootRevoke off\nAnd remove a <Limit PORT EPRT> section that denies it.",
    ),
    Remedy(who="server", product="pyftpdlib", text='Keep "PORT" and "EPRT" in handler.proto_cmds.'),
)

# --- this machine's own rules ----------------------------------------------------------------------------------------

LET_DATA_OUT_OF_HOST = (
    Remedy(
        who="client",
        product="nftables",
        text="nft insert rule inet filter output $ip daddr $server tcp dport 1024-65535 accept",
    ),
    Remedy(
        who="client",
        product="iptables",
        text="$iptables -I OUTPUT -p tcp -d $server --dport 1024:65535 -j ACCEPT",
    ),
    Remedy(
        who="client",
        product="firewalld",
        text="firewall-cmd --permanent --direct --add-rule $ipv filter OUTPUT 0 -p tcp -d $server "
        "--dport 1024:65535 -j ACCEPT && firewall-cmd --reload",
    ),
    Remedy(who="client", product="ufw", text="ufw allow out proto tcp to $server port 1024:65535"),
    Remedy(
        who="client",
        product="Windows Firewall",
        text='New-NetFirewallRule -DisplayName "FTP passive mode" -Direction Outbound -Protocol TCP '
        "-RemoteAddress $server -RemotePort 1024-65535 -Action Allow",
    ),
)

LET_ANSWERS_INTO_HOST = (
    Remedy(
        who="client",
        product="nftables",
        text="nft insert rule inet filter input ct state established,related accept",
    ),
    Remedy(
        who="client",
        product="iptables",
        text="$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
    Remedy(
        who="client",
        product="firewalld, ufw, Windows Firewall",
        text="All three let answers in by themselves; look for a rule of your own that drops TCP from $server by its "
        "source port, such as $data_port, and remove it.",
    ),
)

# --- the control connection ------------------------------------------------------------------------------------------

START_SERVER = (
    Remedy(
        who="server",
        product="any system",
        text="See whether the FTP server runs, and on which address and port: ss -ltnp 'sport = :$port'\n"
        "Then start it: systemctl enable --now vsftpd (or proftpd, pure-ftpd); Windows: Start-Service ftpsvc",
    ),
    Remedy(who="server", product="vsftpd", text="listen=YES (or listen_ipv6=YES for both families)\nlisten_port=$port"),
    Remedy(who="server", product="ProFTPD", text="Port $port\nDefaultAddress $server"),
    Remedy(who="server", product="Pure-FTPd", text="pure-ftpd --bind=$port"),
    Remedy(who="server", product="pyftpdlib", text='FTPServer(("", $port), handler)'),
)

OPEN_CONTROL_PORT = (
    Remedy(who="server", product="nftables", text="nft insert rule inet filter input tcp dport $port accept"),
    Remedy(who="server", product="iptables", text="$iptables -I INPUT -p tcp --dport $port -j ACCEPT"),
    Remedy(
        who="server", product="firewalld", text="firewall-cmd --permanent --add-port=$port/tcp && firewall-cmd --reload"
    ),
    Remedy(who="server", product="ufw", text="ufw allow $port/tcp"),
    Remedy(
        who="server",
        product="Windows Firewall",
        text='New-NetFirewallRule -DisplayName "FTP control" -Direction Inbound -Protocol TCP -LocalPort $port '
        "-Action Allow",
    ),
    Remedy(
        who="network",
        product="AWS security group",
        text="aws ec2 authorize-security-group-ingress --group-id GROUP --protocol tcp --port $port --cidr 0.0.0.0/0",
    ),
    Remedy(
        who="network",
        product="NAT router or firewall at the server",
        text="Let TCP port $port in to the server; behind NAT, forward it. A container needs it published: "
        "docker run -p $port:$port",
    ),
)

LET_CONTROL_OUT_OF_HOST = (
    Remedy(
        who="client",
        product="nftables",
        text="nft insert rule inet filter output $ip daddr $server tcp dport $port accept\n"
        "nft insert rule inet filter input ct state established,related accept",
    ),
    Remedy(
        who="client",
        product="iptables",
        text="$iptables -I OUTPUT -p tcp -d $server --dport $port -j ACCEPT\n"
        "$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
    Remedy(
        who="network",
        product="firewall at the client",
        text="Let TCP from $client to $server, port $port, out, and the answers in.",
    ),
)
