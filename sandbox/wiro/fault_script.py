"""The fault scripts: what goes wrong, for which request, task or connection, and how often.

    script = FaultScript()
    script.add(Drop(), path="Run/")                    # the next Run is accepted, its answer lost
    script.add(FailTask(), prompt="[fail]", times=None)  # every task with this word in its prompt
    script.add(SilentSocket(), nth=2)                  # the second connection from now on

Request faults match requests (REST and pictures), task faults match a task when Run accepts it, socket
faults match a connection when it opens.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.wiro.faults import Fault, RequestFault, SocketFault, TaskFault


@dataclass(slots=True)
class _Rule:
    fault: Fault
    path: str
    prompt: str
    model: str
    nth: int
    left: int | None
    seen: int = 0

    def takes(self, path: str, prompt: str, model: str) -> bool:
        if self.left == 0 or self.path not in path or self.prompt not in prompt:
            return False
        if self.model.lower() not in model.lower():
            return False
        self.seen += 1
        if self.seen < self.nth:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class FaultScript:
    """Rules in the order of their adding; may be added to while the server runs, within its event loop."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(
        self,
        fault: Fault,
        *,
        path: str = "",
        prompt: str = "",
        model: str = "",
        nth: int = 1,
        times: int | None = 1,
    ) -> FaultScript:
        """Strikes from the `nth` match on, `times` times (None: for ever). Texts match as parts.

        `path` is the request's, without the leading "/v1/": "Run/", "Task/Detail", "cdn/" for any picture.
        """
        self._rules.append(_Rule(fault, path, prompt, model, nth, times))
        return self

    def clear(self) -> None:
        self._rules.clear()

    def for_request(self, path: str, prompt: str, model: str) -> tuple[RequestFault, ...]:
        return tuple(
            rule.fault
            for rule in self._rules
            if isinstance(rule.fault, RequestFault) and rule.takes(path, prompt, model)
        )

    def for_task(self, path: str, prompt: str, model: str) -> tuple[TaskFault, ...]:
        return tuple(
            rule.fault
            for rule in self._rules
            if isinstance(rule.fault, TaskFault) and rule.takes(path, prompt, model)
        )

    def for_socket(self) -> tuple[SocketFault, ...]:
        return tuple(
            rule.fault
            for rule in self._rules
            if isinstance(rule.fault, SocketFault) and rule.takes("", "", "")
        )
