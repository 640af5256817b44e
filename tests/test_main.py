from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CAPTURE = "captures/active-address-refused-pure-ftpd/client.pcap"


def installed() -> tuple[str, str]:
    """What the script does that is installed as `ftpdiag`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, function = project["scripts"]["ftpdiag"].split(":")
    return "-c", f"import sys; from {module} import {function}; sys.exit({function}())"


def interrupted(folder: Path, module: str, heeding: str, start: tuple[str, str]) -> tuple[int, str]:
    """A replay that is interrupted as it loads `module`, and then goes on, if it can: its exit code, its last words."""
    (folder / f"{module}.py").write_text(
        "import sys\nprint('loading', flush=True)\nsys.stdin.readline()\nsys.exit(7)\n"
    )
    command = ("env", f"{heeding}=INT", sys.executable, *start, "replay", CAPTURE)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "loading\n"
        running.send_signal(signal.SIGINT)
        _, said = running.communicate("\n", timeout=30)
    return running.returncode, said


@pytest.mark.parametrize("start", [("-m", "ftpdiag"), installed()], ids=["module", "installed"])
@pytest.mark.parametrize("module", ["typer", "msgspec"])
def test_interrupted_while_it_loads(tmp_path: Path, module: str, start: tuple[str, str]) -> None:
    """Whoever interrupts before there is anything to tidy up is not told about modules."""
    assert interrupted(tmp_path, module, "--default-signal", start) == (-signal.SIGINT, "")


def test_interrupted_while_it_works(tmp_path: Path) -> None:
    """What is still loaded in the midst of the work is interrupted as the work is."""
    assert interrupted(tmp_path, "tabulate", "--default-signal", installed()) == (130, "Interrupted.\n")


def test_an_interruption_that_is_ignored(tmp_path: Path) -> None:
    """Where a shell has it ignore the signal, it goes on loading."""
    assert interrupted(tmp_path, "typer", "--ignore-signal", installed()) == (7, "")
