"""python -m ftpdiag."""

from ftpdiag.cli import main

main()
