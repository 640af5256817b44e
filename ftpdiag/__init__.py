"""Which FTP mode a firewall blocks, where, how we know, and who must change what.

    record -> derive -> diagnose -> render          Recording, Facts, Diagnosis, text

One door leads to the outside world: `recording/`. Everything behind it is pure, and a live probe and a replayed
capture share all of it. A floor imports only from the floors below; the rooms of one floor do not know each other.

    __main__
    cli            typer: parses, calls the four stages, prints, exits; decides nothing
    demo/          the main job on small networks of its own           options, progress: the words and waits of `probe`
    recording/     live.py runs handshakes (sockets.py: a Session over control.py and data.py; watch.py: what the
                   sniffer saw so far), sniffer.py listens through kernel_filter.py, capture.py reads and writes
                   files, packets.py alone knows link types
    handshakes/    OPEN: one method per file, a script of a few verbs over a Session
    facts          recordings -> facts                                 explanation: what `ftpdiag explain` prints
    causes/        OPEN: one root cause per file; its docstring is the text of `ftpdiag explain`
    formats/       OPEN: one output format per file
    tcp            segments -> who opened to whom, what answered       ftp: lines <-> commands, replies, endpoints
    session        the verbs of a handshake, the login, @handshake     diagnosis: facts -> diagnosis, @cause
    report         formats, requirements, exit codes                   remedies, hops: what many causes need
    verdicts       one verdict for several                             community_id: a flow's name in other tools
    model          the nouns: frozen, no I/O, no clock                 discovery: the declarations of an open folder

An open folder holds one declaration per file, found by `discovery`; adding one touches no other file. Scenarios are
data as well: `captures/CASE/case.toml` says what is wrong in a network and what must be found, tests/lab/ makes that
network and runs the real probe in it, and the recorded packets are replayed by the ordinary tests.

A tap sees inbound packets before the local firewall and outbound packets after it, so one host has two views, its
socket and its wire. Where it breaks lies between the last view that saw the SYN and the first that should have.
"Watched, and nobody tried" (ABSENT) is never confused with "did not watch" (no Opening for that view).
"""

__version__ = "0.1.0"
