"""`ftpdiag` and `python -m ftpdiag`: until there is something to tidy up, an interruption ends it without a word."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the command line, and run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ftpdiag import cli  # noqa: PLC0415 - the longest time in which it may be interrupted

    cli.main()


if __name__ == "__main__":
    main()
