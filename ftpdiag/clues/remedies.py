"""What must change beside the FTP server's own settings, ready to paste, where several causes ask for the same.

Filled in from the case at hand: $server, $client, $port (of the control connection), $data_port, $announced, and the
family's words: $ip (ip, ip6), $ipv (ipv4, ipv6), $iptables, $anyone; of the server's passive range $low and $high, by
example where nothing is known of it, and $passive_range, which says so. Of the client 50000-50100 stands for the range
you choose.
"""

from __future__ import annotations

from ftpdiag.clues.firewalls import ANSWERS, Way, accept, accept_answers, ftp_helper, nft
from ftpdiag.model import Location, Mode, Party, Remedy, Tls

# --- another mode ------------------------------------------------------------------------------------------------

USE_PASSIVE = Remedy(
    who="client",
    product="any FTP client",
    text="Use passive mode, where the server lets it through.",
    mode=Mode.PASSIVE,
)

USE_ACTIVE = Remedy(
    who="client",
    product="any FTP client",
    text="Use active mode, where the client's side lets it in.",
    mode=Mode.ACTIVE,
)

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

USE_EPRT = Remedy(who="client", product="any FTP client", text="Use EPRT instead of PORT.\ncurl -P does by default.")

# --- a limit of new connections ------------------------------------------------------------------------------------

RAISE_CONNECTION_LIMIT = Remedy(
    who="network",
    product="firewall that limits new connections",
    text="Look first whether a rule limits how many connections one address may open in some time, or bans it then:\n"
    "nft list ruleset | grep -E 'limit|count'; iptables -S | grep -E 'limit|recent'; fail2ban-client banned\n"
    "FTP opens one more for each transfer: allow that many, or exempt the data connections.",
)

# --- passive: to the server's range --------------------------------------------------------------------------------

LET_PASSIVE_RANGE_THROUGH = (
    Remedy(
        who="network",
        product="nftables on a router",
        text="On a NAT, the server's address behind it instead of $server.\n"
        f"{nft(Way.THROUGH, '$ip daddr $server tcp dport $low-$high accept')}",
    ),
    Remedy(
        who="network",
        product="iptables on a router",
        text="On a NAT, the server's address behind it instead of $server.\n"
        "$iptables -I FORWARD -p tcp -d $server --dport $low:$high -j ACCEPT",
    ),
)

OPEN_PASSIVE_RANGE = (
    *accept(who=Party.SERVER, way=Way.IN, ports="$low-$high"),
    *LET_PASSIVE_RANGE_THROUGH,
    Remedy(
        who="network",
        product="AWS security group",
        text="aws ec2 authorize-security-group-ingress --group-id GROUP --ip-permissions "
        "IpProtocol=tcp,FromPort=$low,ToPort=$high,IpRanges='[{CidrIp=0.0.0.0/0}]',Ipv6Ranges='[{CidrIpv6=::/0}]'",
    ),
    Remedy(
        who="network",
        product="Azure network security group",
        text="az network nsg rule create --resource-group GROUP --nsg-name NSG --name ftp-passive --priority 310 "
        "--direction Inbound --access Allow --protocol Tcp --destination-port-ranges $low-$high",
    ),
    Remedy(
        who="network",
        product="Google Cloud firewall",
        text="gcloud compute firewall-rules create ftp-passive --direction INGRESS --allow tcp:$low-$high "
        "--source-ranges '$anyone'",
    ),
    Remedy(
        who="network",
        product="NAT router or firewall at the server",
        text="Let TCP $low-$high in to the server; behind NAT, forward each of these ports to the same port of the "
        "server. A container needs them published:\ndocker run -p $low-$high:$low-$high",
    ),
)
"""Of use only once the server announces ports of this range alone: `settings` has both."""

LET_ANSWERS_BACK = Remedy(
    who="network",
    product="firewalls and routers between client and server",
    text="Where a capture at the server has the SYN: let the answers out, from ports $low-$high, and send both "
    "directions of a connection through the same stateful firewall, which must see the SYN to know the SYN-ACK.",
)

FIND_LOSS = Remedy(
    who="network",
    product="router on the way",
    text="Look for a link that loses packets, and for two ways of which one is broken; as root:\n"
    "mtr --tcp --port $port --report $server",
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

LET_DATA_OUT_OF_HOST = accept(who=Party.CLIENT, way=Way.OUT, ports="1024-65535", peer="$server")

LET_DATA_OUT_OF_NETWORK = (
    Remedy(
        who="network",
        product="nftables on the client's router",
        text=nft(Way.THROUGH, "$ip saddr $client $ip daddr $server tcp dport 1024-65535 accept"),
    ),
    Remedy(
        who="network",
        product="iptables on the client's router",
        text="$iptables -I FORWARD -p tcp -s $client -d $server --dport 1024:65535 -j ACCEPT",
    ),
    Remedy(
        who="network",
        product="any firewall at the client's site",
        text="Let TCP from $client to $server out: port $port and the server's passive range. The server's "
        "operator knows that range; port $data_port was one of it.",
    ),
)

LET_ANSWERS_INTO_HOST = (
    *accept_answers(Party.CLIENT),
    Remedy(
        who="client",
        product="firewalld, ufw, Windows Firewall",
        text="All three let answers in by themselves; look for a rule of your own that drops TCP from $server by its "
        "source port, such as $data_port, and remove it.",
    ),
)

# --- active: the call-back -------------------------------------------------------------------------------------------

ACCEPT_CALL_BACK_ON_HOST = (
    Remedy(
        who="client",
        product="any FTP client",
        text="Let it listen on a few ports only, and open these.\nftpdiag: --active-ports 50000-50100; "
        "curl: -P -:50000-50100; lftp: set ftp:port-range 50000-50100; FileZilla: Settings > FTP > Active mode.",
    ),
    *accept(who=Party.CLIENT, way=Way.IN, ports="50000-50100", peer="$server"),
    Remedy(
        who="client",
        product="nftables, where what leaves is filtered as well",
        text=nft(Way.OUT, ANSWERS),
    ),
    Remedy(
        who="client",
        product="nftables, without TLS",
        tls=Tls.NONE,
        text=f"{ftp_helper(Way.OUT)}\n{nft(Way.IN, ANSWERS)}",
    ),
    Remedy(
        who="client",
        product="iptables, without TLS",
        tls=Tls.NONE,
        text="$iptables -t raw -A OUTPUT -p tcp --dport $port -j CT --helper ftp\n"
        "$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
)

LOOSEN_REVERSE_PATH = Remedy(
    who="client",
    product="Linux with several ways out",
    text="Strict rp_filter drops IPv4 that comes in on another interface than the one that leads back, before any "
    "firewall's rule:\nsysctl -w net.ipv4.conf.all.rp_filter=2",
)

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
        tls=Tls.NONE,
        text=f"{ftp_helper(Way.THROUGH)}\n{nft(Way.THROUGH, ANSWERS)}",
    ),
    Remedy(
        who="network",
        product="AWS security group of the client",
        text="An inbound rule for TCP, ports 50000-50100, with the source $server.",
    ),
)

LET_CALL_BACK_OUT = (
    *accept(who=Party.SERVER, way=Way.OUT, ports="1024-65535", peer="$client"),
    Remedy(
        who="network",
        product="firewall or cloud security group at the server",
        text="Let the server open TCP connections to ports 1024-65535 of its clients, and the answers in.",
    ),
)


def beside_a_helper(location: Location) -> tuple[Remedy, ...]:
    """What lets the call-back through though nothing reads where it is announced to."""
    if location in {Location.SERVER_NETWORK, Location.SERVER_HOST}:
        return (USE_PASSIVE, *LET_CALL_BACK_OUT)
    every = ACCEPT_CALL_BACK_ON_HOST if location is Location.CLIENT_HOST else LET_CALL_BACK_IN
    return (USE_PASSIVE, *(one for one in every if one.tls is None))


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
    *accept_answers(Party.SERVER),
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
        tls=Tls.NONE,
        text=f"It rewrites the address as well. {ftp_helper(Way.THROUGH)}",
    ),
)

LEAVE_CLIENT_ADDRESS = (
    Remedy(
        who="network",
        product="NAT, load balancer or container network before the server",
        text="It puts its own address in the place of the client's. Let the server see the client's: no source NAT "
        "(masquerading) for what comes in to the server, whose answers then must go back by the same device. "
        "HAProxy, a proxy: transparent mode, or forward TCP by NAT instead.",
    ),
    Remedy(
        who="network",
        product="Kubernetes",
        text="In the service of the FTP server:\nexternalTrafficPolicy: Local",
    ),
    Remedy(
        who="network",
        product="Docker",
        text="Its proxy in user space hides clients; in /etc/docker/daemon.json, or for this server alone:\n"
        '{ "userland-proxy": false }\ndocker run --network host',
    ),
)
"""What is between knows the client's address, and keeps it from the server."""

ANSWER_BY_THE_SAME_WAY = (
    Remedy(
        who="network",
        product="NAT, load balancer or router before the server",
        text="The answer goes past the device that translated the question. Lead the server's answers back through it, "
        "as its default gateway or by a policy route; or let it translate the source as well, which it must for "
        "clients beside the server (NAT loopback).",
    ),
    Remedy(
        who="server",
        product="Linux with several addresses or ways out",
        text="What was asked at $server must be answered from there, by the interface where it came in; see where it "
        "goes instead:\nip rule; ip route get $client from $server",
    ),
)

_ITSELF = Remedy(
    who="client",
    product="any FTP client",
    text="Where the client itself was meant: let it announce the address by which the server reaches it, or use "
    "passive mode.",
)

CALL_THE_CLIENT = (
    _ITSELF,
    Remedy(
        who="network",
        product="firewall at the announced host",
        text="Where a transfer between two servers (FXP) was meant: let TCP from $server in there, to the ports that "
        "it announces.",
    ),
)
"""PORT named another host."""

ANNOUNCE_THE_CLIENT = (
    _ITSELF,
    Remedy(
        who="server",
        product="ProFTPD, vsftpd",
        text="Where a transfer between two servers (FXP) was meant, and only for those who may make one: it lets them "
        "aim the server at others.\nProFTPD: AllowForeignAddress on; vsftpd: port_promiscuous=YES",
    ),
)
"""The same, and the server refused."""

# --- the control connection ------------------------------------------------------------------------------------------

FIND_THE_ROUTE = Remedy(
    who="network",
    product="router on the way",
    text="See which way packets take, and where they turn back or end; the last router needs a route to $server.\n"
    "Linux, as root: traceroute -T -p $port $server; Windows: tracert -d $server",
)

OPEN_CONTROL_PORT = (
    *accept(who=Party.SERVER, way=Way.IN, ports="$port"),
    Remedy(
        who="network",
        product="AWS security group",
        text="aws ec2 authorize-security-group-ingress --group-id GROUP --ip-permissions "
        "IpProtocol=tcp,FromPort=$port,ToPort=$port,IpRanges='[{CidrIp=0.0.0.0/0}]',Ipv6Ranges='[{CidrIpv6=::/0}]'",
    ),
    Remedy(
        who="network",
        product="NAT router or firewall at the server",
        text="Let TCP port $port in to the server; behind NAT, forward it. A container needs it published:\n"
        "docker run -p $port:$port",
    ),
)

LET_CONTROL_OUT_OF_HOST = (
    *accept(who=Party.CLIENT, way=Way.OUT, ports="$port", peer="$server"),
    *accept_answers(Party.CLIENT),
    Remedy(
        who="network",
        product="firewall at the client",
        text="Let TCP from $client to $server, port $port, out, and the answers in.",
    ),
)

KEEP_ALIVE = (
    Remedy(who="client", product="lftp", text="set ftp:nop-interval 30"),
    Remedy(who="client", product="FileZilla", text="Settings > FTP: send FTP keep-alive commands."),
    Remedy(
        who="client", product="WinSCP", text="Session > Advanced > Connection: keepalives, dummy commands, every 30 s."
    ),
    Remedy(who="client", product="curl", text="curl --keepalive-time 30 ..."),
)
"""A word now and then on a control connection that is idle."""
