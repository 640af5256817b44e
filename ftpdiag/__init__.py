"""Which FTP mode a firewall blocks, where, how we know, and who must change what.

    record -> derive -> diagnose -> render          Recording, Facts, Diagnosis, text
                settle <-+                          a live probe tries what the findings name, and diagnoses again

One door leads to the outside world: `recording/`. Everything behind it is pure, and a live probe and a replayed
capture share all of it. A floor imports only from the floors below; the rooms of one floor do not know each other.

    __main__
    cli            typer: parses, calls the four stages, exits; decides nothing
    arguments delivery mishaps               what may be typed; the report to its reader; what goes wrong, in a sentence
    demo/ options progress explanation       small networks to show; the words of `probe`; waiting; `ftpdiag explain`
    recording/     live: find the server, sniff, give privileges up; schedule: which handshakes, side by side or alone;
                   sockets: a Session over control and data; replay: files;
                   trials, bench, expiring: the experiments, over sockets; walk: SYNs that expire;
                   sweep: deletes what was uploaded
        captures/  scan, follow: the packets of FTP among all of a file; keylog: what TLS hid; extract: for others
        frames/    links, ip, tunnels, fragments: what encloses a packet; blanking: without passwords
        tap/       the sniffer: every interface, our packets only
    handshakes/    OPEN: one method per file, a script of a few verbs over a Session
    experiments/   OPEN: one experiment per file, a script over a Bench: what settles a doubt of the first round
    facts/         recordings -> sessions -> data channels, and how each view saw their openings;
                   encrypted: channels inferred where none can be read; missing: what captures lack; ends: several taps
    causes/        OPEN: one root cause per file; its docstring is the text of `ftpdiag explain`
    formats/       OPEN: one output format per file
    target         what a user calls a server
    experiment credentials                   the verbs of an experiment, @experiment; who logs in, with which password
    tcp ftp        segments -> who opened to whom, what answered; bytes <-> lines <-> commands, replies, endpoints
    session        the verbs of a handshake, the login, @handshake
    diagnosis/     facts -> diagnosis: what stands, what it makes of a channel and a cell, what is one finding
    report/        headline, ladder, advice, requirements and exit codes, @report_format
    clues/         what several causes ask of the facts (hops, resets, refusals …); their remedies
    cause evidence                           a card and its grounds, @cause; what is cited
    verdicts community_id next_probe         verdicts as one; a flow's name in other tools; a command that tells more
    senseless                                what no server would have granted
    model/ discovery                         the nouns: frozen, no I/O, no clock; the declarations of an open folder
    destination                              a file that is opened early and written late
    stacks vocabulary                        what TCP/IP stacks do; the closed words of the contract

An open folder holds one declaration per file, found by `discovery`; adding one touches no other file. Scenarios are
data as well: `captures/CASE/case.toml` says what is wrong in a network and what must be found, tests/lab/ makes that
network and runs the real probe in it, and the packets recorded at the client, in the middle and at the server are
replayed by the ordinary tests.

A tap sees inbound packets before the local firewall and outbound packets after it, so one host has two views, its
socket and its wire. Where it breaks lies between the last view that saw the SYN and the first that should have.
"Watched, and nobody tried" (ABSENT) is never confused with "did not watch" (no Opening for that view).
"""

__version__ = "0.1.0"
