"""What a host's firewall must let through -> the remedies for each firewall a host may have, ready to paste.

A rule that accepts helps only in the chain that drops, and before the rule that drops: so nftables must be looked at
first, ufw is told to prepend, and on Windows a blocking rule must go.
"""

from __future__ import annotations

from enum import StrEnum

from ftpdiag.model import Party, Remedy


class Way(StrEnum):
    """Which way through the host's firewall; the values are the chains of netfilter."""

    IN = "input"
    OUT = "output"
    THROUGH = "forward"


_WHAT = {Way.IN: "what comes in", Way.OUT: "what leaves", Way.THROUGH: "what passes through"}

ANSWERS = "ct state established,related accept"
"""In nft's words: what belongs to a connection that was let through already."""


def nft(way: Way, rule: str) -> str:
    """The rule for nftables, and where to put it: tables and chains have the names that their author liked."""
    return (
        f"In the chain that filters {_WHAT[way]} (nft list ruleset: `hook {way}`), often inet filter {way}:\n"
        f"nft insert rule inet filter {way} {rule}"
    )


def ftp_helper(way: Way) -> str:
    """The kernel's FTP helper for sessions that leave this host, or pass through it; a table of its own."""
    hook = "output" if way is Way.OUT else "prerouting"
    return (
        "The kernel's FTP helper reads the session; save as FILE, then nft -f FILE:\n"
        "table $ip ftp-helper {\n"
        '    ct helper ftp {\n        type "ftp" protocol tcp\n    }\n'
        f"    chain {hook} {{\n        type filter hook {hook} priority filter\n"
        '        tcp dport $port ct helper set "ftp"\n    }\n'
        "}"
    )


def accept(*, who: Party, way: Way, ports: str, peer: str | None = None) -> tuple[Remedy, ...]:
    """TCP to `ports`, such as `50000-50100`, from (or, on its way out, to) `peer`: on the host of `who`."""
    inbound = way is Way.IN
    return (
        _nftables(who, way, ports, peer),
        _iptables(who, way, ports, peer),
        _firewalld(who, ports, peer) if inbound else _firewalld_out(who),
        _ufw(who, way, ports, peer),
        _windows(who, way, ports, peer),
    )


def accept_answers(who: Party) -> tuple[Remedy, ...]:
    """What answers to connections that were let through; the other firewalls do so by themselves."""
    return (
        Remedy(who=who, product="nftables", text=nft(Way.IN, ANSWERS)),
        Remedy(
            who=who,
            product="iptables",
            text="$iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        ),
    )


def _nftables(who: Party, way: Way, ports: str, peer: str | None) -> Remedy:
    side = "saddr" if way is Way.IN else "daddr"
    match = f"$ip {side} {peer} " if peer else ""
    return Remedy(who=who, product="nftables", text=nft(way, f"{match}tcp dport {ports} accept"))


def _iptables(who: Party, way: Way, ports: str, peer: str | None) -> Remedy:
    match = f" {'-s' if way is Way.IN else '-d'} {peer}" if peer else ""
    ports = ports.replace("-", ":")
    return Remedy(
        who=who, product="iptables", text=f"$iptables -I {way.upper()} -p tcp{match} --dport {ports} -j ACCEPT"
    )


def _firewalld(who: Party, ports: str, peer: str | None) -> Remedy:
    rule = (
        f'--add-rich-rule=\'rule family="$ipv" source address="{peer}" port port="{ports}" protocol="tcp" accept\''
        if peer
        else f"--add-port={ports}/tcp"
    )
    return Remedy(
        who=who,
        product="firewalld",
        text="With --zone=ZONE where the interface is not in the default zone (firewall-cmd --get-active-zones):\n"
        f"firewall-cmd --permanent {rule} && firewall-cmd --reload",
    )


def _firewalld_out(who: Party) -> Remedy:
    return Remedy(
        who=who,
        product="firewalld",
        text="By itself it lets everything out; look for a rule of your own, and remove it:\n"
        "firewall-cmd --direct --get-all-rules; firewall-cmd --list-all-policies",
    )


def _ufw(who: Party, way: Way, ports: str, peer: str | None) -> Remedy:
    ports = ports.replace("-", ":")
    if way is Way.IN:
        rule = f"allow proto tcp from {peer} to any port {ports}" if peer else f"allow {ports}/tcp"
    else:
        rule = f"allow out proto tcp to {peer or 'any'} port {ports}"
    return Remedy(who=who, product="ufw", text=f"ufw prepend {rule}")


def _windows(who: Party, way: Way, ports: str, peer: str | None) -> Remedy:
    direction, side = ("Inbound", "Local") if way is Way.IN else ("Outbound", "Remote")
    address = f"-RemoteAddress {peer} " if peer else ""
    return Remedy(
        who=who,
        product="Windows Firewall",
        text=f'New-NetFirewallRule -DisplayName "FTP {ports} {direction}" -Direction {direction} -Protocol TCP '
        f"{address}-{side}Port {ports} -Action Allow\n"
        "A rule that blocks wins over it; to list such rules:\n"
        f"Get-NetFirewallRule -Enabled True -Direction {direction} -Action Block",
    )
