"""What a process far away tells of its step: sent as it happens, kept until it is taken."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from genloop.executors.executor import Listener, Silence
from genloop.steps import Step
from genloop.store import Manifest
from genloop.types import Progress

EVERY_SECONDS = 1.0  # at most one progress of a step is sent in this time


@dataclass(frozen=True)
class Mail:
    """One thing that is told of a step; what is None is that it began.

    Attributes:
        key: of the step.
        said: how far it is, what it recorded, or a warning.
    """

    key: str
    said: Progress | Manifest | str | None

    def tell(self, listener: Listener, step: Step) -> None:
        """Tell a listener."""
        match self.said:
            case None:
                listener.started(step)
            case Progress():
                listener.progressed(step, self.said)
            case Manifest():
                listener.finished(step, self.said)
            case _:
                listener.warned(self.said)


class Mailbox:
    """Keeps what is told until it is taken."""

    def __init__(self) -> None:
        self._mails: list[Mail] = []

    def put(self, mail: Mail) -> None:
        self._mails.append(mail)

    def take(self) -> list[Mail]:
        mails, self._mails = self._mails, []
        return mails


class Sender(Silence):
    """A listener that sends on what it is told of one step."""

    def __init__(self, key: str, send: Callable[[Mail], object]) -> None:
        self._key = key
        self._send = send
        self._spoken = -EVERY_SECONDS

    def started(self, step: Step) -> None:
        self._send(Mail(self._key, None))

    def progressed(self, step: Step, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._spoken >= EVERY_SECONDS:
            self._spoken = now
            self._send(Mail(self._key, progress))

    def finished(self, step: Step, manifest: Manifest) -> None:
        self._send(Mail(self._key, manifest))

    def warned(self, message: str) -> None:
        self._send(Mail(self._key, message))
