from __future__ import annotations

import os
import shutil
import subprocess
from string import Template

import pytest

from ftpdiag.cause import Cause
from ftpdiag.clues.firewalls import Way, accept, ftp_helper, nft
from ftpdiag.diagnosis.passive_range import IN_GENERAL
from ftpdiag.discovery import declarations
from ftpdiag.model import Party
from tests.recording.namespace import namespace

REMEDIES = {remedy for cause in declarations("ftpdiag.causes", Cause) for remedy in cause.remedies}
RULES = sorted({line for remedy in REMEDIES for line in remedy.text.splitlines() if "nft insert" in line})
FAMILIES = {
    4: {"server": "203.0.113.2", "client": "198.51.100.2", "port": "21", "ip": "ip"},
    6: {"server": "2001:db8::2", "client": "2001:db8:1::2", "port": "21", "ip": "ip6"},
}
TABLE = "add table inet filter\n" + "".join(
    f"add chain inet filter {way} {{ type filter hook {way} priority filter; policy drop; }}\n" for way in Way
)

needs_nft = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nft")


def loads(ruleset: str) -> None:
    """The kernel itself takes the ruleset, in a namespace of its own."""
    with namespace():
        done = subprocess.run(("nft", "-f", "-"), input=ruleset, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_nft
@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_takes_the_rules_that_remedies_paste(family: int) -> None:
    """What is advised to be pasted is accepted as it stands, where the chain that it names is there."""
    assert RULES
    loads(
        TABLE
        + "".join(
            Template(rule).substitute(FAMILIES[family] | IN_GENERAL).removeprefix("nft ") + "\n" for rule in RULES
        )
    )


@needs_nft
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", [Way.OUT, Way.THROUGH])
def test_the_kernel_takes_the_helper(way: Way, family: int) -> None:
    """The helper's table asks for nothing that a machine without any rules lacks."""
    _, table = Template(ftp_helper(way)).substitute(FAMILIES[family]).split(":\n", 1)
    loads(table + "\n")


@pytest.mark.parametrize("way", Way)
def test_a_rule_says_where_it_belongs(way: Way) -> None:
    """Nobody knows what another's table is called, so the sentence before the rule says how to find it."""
    where, rule = nft(way, "accept").splitlines()
    assert f"`hook {way}`" in where
    assert rule == f"nft insert rule inet filter {way} accept"


def test_each_firewall_has_its_own_words() -> None:
    """One wish, said to five firewalls; where a rule that forbids would win, that is said as well."""
    said = {one.product: one.text for one in accept(who=Party.CLIENT, way=Way.IN, ports="50000-50100", peer="$server")}
    assert said["iptables"] == "$iptables -I INPUT -p tcp -s $server --dport 50000:50100 -j ACCEPT"
    assert said["ufw"] == "ufw prepend allow proto tcp from $server to any port 50000:50100"
    assert said["nftables"].endswith("input $ip saddr $server tcp dport 50000-50100 accept")
    assert "--zone=ZONE" in said["firewalld"]
    assert "-Action Block" in said["Windows Firewall"]
    out = {one.product: one.text for one in accept(who=Party.SERVER, way=Way.OUT, ports="$port", peer="$client")}
    assert out["ufw"] == "ufw prepend allow out proto tcp to $client port $port"
    assert out["iptables"] == "$iptables -I OUTPUT -p tcp -d $client --dport $port -j ACCEPT"
    assert "let everything out" not in said["firewalld"]
    assert "lets everything out" in out["firewalld"]
