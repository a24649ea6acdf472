"""What goes wrong on demand: which calls, how often, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.standins.slack.shapes import Json

Kind = Literal["status", "error", "ratelimited", "hang", "drop", "delay"]


@dataclass
class Fault:
    """The next `times` calls of `method` ("*": any) that `when` accepts go wrong.

    status: the HTTP status answers; error: `ok: false` with that error; ratelimited: 429 after `seconds`; hang: never
    answered; drop: the connection is cut; delay: answered after `seconds`. taken: whether Slack did what was asked.
    """

    method: str
    kind: Kind
    times: int = 1
    taken: bool = False
    status: int = 503
    error: str = "internal_error"
    seconds: float = 1.0
    when: Callable[[Json], bool] | None = None

    def wants(self, method: str, args: Json) -> bool:
        if self.times <= 0 or self.method not in ("*", method):
            return False
        return self.when is None or self.when(args)


class Faults:
    """Those that are set, in order; the first that fits a call is used up by it. down: nothing works."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.down: Literal["no", "503", "cut"] = "no"

    def next(self, method: str, args: Json) -> Fault | None:
        if self.down != "no":
            return Fault(method, "status" if self.down == "503" else "drop")
        for fault in self.planned:
            if fault.wants(method, args):
                fault.times -= 1
                return fault
        return None
