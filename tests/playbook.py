"""A scripted Session: a whole dialogue is one expression.

    Playbook({"PORT": "200 Ok"}).play(port) == ["listen", "> PORT 198,51,100,2,195,80", "< 200 Ok", "transfer"]

Answers are given by command line or by verb; several to the same one are given in order, the last again and again.
`None` is silence, and nothing more is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftpdiag.model import Endpoint, Reply, Tls
from ftpdiag.session import Account, Handshake, log_in

CLIENT = Endpoint(host="198.51.100.2", port=40000)
SERVER = Endpoint(host="203.0.113.2", port=21)
SERVER_6 = Endpoint(host="2001:db8::15", port=21)
LISTENER = Endpoint(host="198.51.100.2", port=50000)
LISTENER_6 = Endpoint(host="2001:db8::2", port=50000)

Answers = Mapping[str, str | Sequence[str | None] | None]

LOGIN: Answers = {"": "220 Hi", "FEAT": "211 Nothing", "USER": "331 Go on", "PASS": "230 In", "SYST": "215 UNIX"}
"""A server that lets anyone in."""


class Playbook:
    """Answers from its script; what was asked and done is the transcript."""

    def __init__(  # noqa: PLR0913  what a session can differ in
        self,
        answers: Answers,
        *,
        server: Endpoint = SERVER,
        tls: Tls = Tls.NONE,
        listener: Endpoint | None = LISTENER,
        opens: Mapping[str, bool] | None = None,
        dials_announced: bool = False,
    ) -> None:
        """`opens` says, by host, whether a data connection opens; by default every one does."""
        self.server = server
        self.tls = tls
        self.dials_announced = dials_announced
        self.transcript: list[str] = []
        self._answers = {
            key: [value] if isinstance(value, str | None) else list(value) for key, value in answers.items()
        }
        self._listener = listener
        self._opens = opens or {}

    def _answer(self, *keys: str) -> Reply | None:
        key = next((one for one in keys if one in self._answers), None)
        if key is None:
            raise AssertionError(f"the script has no answer to {keys[0]!r}")
        given = self._answers[key]
        text = given.pop(0) if len(given) > 1 else given[0]
        if text is None:
            self.transcript.append("< silence")
            return None
        self.transcript.append(f"< {text}")
        lines = tuple(text.split("\n"))
        return Reply(at=0.0, code=int(lines[-1][:3]), lines=lines)

    # --- what a Session is ---

    def greeting(self) -> Reply | None:
        """The answer to nothing."""
        return self._answer("")

    def command(self, verb: str, argument: str | None = None) -> Reply | None:
        """The answer to a command line, or to its verb."""
        line = verb if argument is None else f"{verb} {argument}"
        self.transcript.append(f"> {line}")
        return self._answer(line, verb)

    def ask(self, question: str) -> Reply | None:
        """The answer to a question, as to any command."""
        return self.command(question)

    def secure(self) -> bool:
        """TLS starts unless the script says that it does not."""
        self.transcript.append("secure")
        return self._opens.get("TLS", True)

    def connect(self, endpoint: Endpoint) -> bool:
        """A data connection opens unless the script says that it does not."""
        self.transcript.append(f"open {endpoint}")
        return self._opens.get(endpoint.host, True)

    def listen(self) -> Endpoint | None:
        """The listener of the script."""
        self.transcript.append("listen")
        return self._listener

    def transfer(self) -> None:
        """Data moves."""
        self.transcript.append("transfer")

    # --- what a test asks ---

    def play(self, handshake: Handshake) -> list[str]:
        """The transcript of a handshake."""
        handshake.perform(self)
        return self.transcript

    def log_in(self, account: Account | None = None) -> tuple[bool, list[str]]:
        """Whether the login came through, and its transcript."""
        return log_in(self, account or Account()), self.transcript
