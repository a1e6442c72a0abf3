"""A task: its record while it lives, and how the wire shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sandbox.wiro.catalogue import Model
from sandbox.wiro.faults import TaskFault
from sandbox.wiro.intake import Order
from sandbox.wiro.painter import Subject
from sandbox.wiro.tool_answers import money
from sandbox.wiro.writer import Said


class Status(StrEnum):
    """Wiro's statuses, in the order a task passes them; the last one replaces whatever is left."""

    QUEUE = "task_queue"
    ACCEPT = "task_accept"
    PREPROCESS_START = "task_preprocess_start"
    PREPROCESS_END = "task_preprocess_end"
    ASSIGN = "task_assign"
    START = "task_start"
    OUTPUT = "task_output"
    OUTPUT_FULL = "task_output_full"
    END = "task_end"
    POSTPROCESS_START = "task_postprocess_start"
    POSTPROCESS_END = "task_postprocess_end"
    CANCEL = "task_cancel"

    @property
    def is_terminal(self) -> bool:
        return self in {Status.POSTPROCESS_END, Status.CANCEL}


# Which time field a status fills in; the two output statuses have none.
TIME_FIELDS: Mapping[Status, str] = {
    Status.QUEUE: "createtime",
    Status.ACCEPT: "accepttime",
    Status.PREPROCESS_START: "preprocessstarttime",
    Status.PREPROCESS_END: "preprocessendtime",
    Status.ASSIGN: "assigntime",
    Status.START: "starttime",
    Status.END: "endtime",
    Status.POSTPROCESS_START: "postprocessstarttime",
    Status.POSTPROCESS_END: "postprocessendtime",
    Status.CANCEL: "canceltime",
}


@dataclass(frozen=True, slots=True)
class Output:
    """One picture of a finished task. `folder` is its address at the CDN, nine groups of eight hex digits."""

    id: str
    name: str
    parent_id: str
    uuid: str
    size: int
    added_s: int
    access_key: str
    folder: str
    url: str
    content_type: str = "image/png"

    def as_wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "contenttype": self.content_type,
            "parentid": self.parent_id,
            "uuid": self.uuid,
            "size": str(self.size),
            "addedtime": str(self.added_s),
            "modifiedtime": str(self.added_s),
            "accesskey": self.access_key,
            "foldercount": "0",
            "filecount": "0",
            "ispublic": 0,
            "expiretime": None,
            "url": self.url,
        }


@dataclass(slots=True)
class Task:
    """The server's own record. `worked_s` are unscaled seconds from acceptance to the end of the run."""

    id: str
    uuid: str
    token: str
    api_key: str = field(repr=False)
    model: Model = field(repr=False)
    parameters: Mapping[str, Any] = field(repr=False)
    order: Order = field(repr=False)
    faults: tuple[TaskFault, ...] = ()
    created_s: float = 0.0
    status: Status = Status.QUEUE
    pexit: str | None = None
    worked_s: Decimal = Decimal(0)
    totalcost: str = "0"  # in the end
    charged_from_s: float = 0.0  # when the record says so, and what it says until then
    uncharged: str | None = "0"
    debug_output: str = ""
    debug_error: str = ""
    ended_s: float = 0.0
    times: dict[Status, int] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    last_message: object = None
    source: bytes = field(default=b"", repr=False)  # the first file, once it was read
    said: Said | None = None  # by a writer

    def reach(self, status: Status, now_s: float) -> None:
        self.status = status
        self.times[status] = int(now_s)
        if status.is_terminal:
            self.ended_s = now_s

    def subject(self, index: int) -> Subject:
        order = self.order
        return Subject(
            model=self.model.slug,
            prompt=order.prompt,
            negative_prompt=order.negative_prompt,
            seed=order.seed,
            width=order.width,
            height=order.height,
            steps=order.steps,
            index=index,
            count=order.samples,
            output_kind=self.model.output_kind,
            source=self.source,
            strength=float(order.values.get("strength") or 0.6),
            factor=float(order.values.get("factor") or 2),
        )

    def outputs_as_wire(self) -> list[dict[str, Any]]:
        if self.said is not None:
            content = {"prompt": self.order.prompt, **self.said.as_wire()}
            del content["isThinking"]
            return [{"contenttype": "raw", "content": content}]
        return [output.as_wire() for output in self.outputs]

    def as_wire(self, now_s: float) -> dict[str, Any]:
        """Every field in every state; numbers as text, as Wiro sends them."""
        parameters = self.parameters
        times = {name: str(self.times.get(status, 0)) for status, name in TIME_FIELDS.items()}
        return {
            "id": self.id,
            "uuid": self.uuid,
            "name": "",
            "description": "",
            "modelfolderid": "",
            "modelfileid": "",
            "socketaccesstoken": self.token,
            "parameters": dict(parameters),
            "debugoutput": self.debug_output,
            "debugerror": self.debug_error,
            **times,
            "elapsedseconds": f"{self.worked_s:.4f}",
            "status": self.status.value,
            "cps": money(self.model.cps),
            "totalcost": self.totalcost if now_s >= self.charged_from_s else self.uncharged,
            "guestid": None,
            "marketplaceid": None,
            "projectid": str(parameters.get("projectid") or "699"),
            "modelid": self.model.id,
            "basemodelid": "0",
            "runtype": "model",
            "callbackurl": str(parameters.get("callbackUrl") or ""),
            "pexit": self.pexit,
            "categories": '["' + '","'.join(self.model.categories) + '"]',
            "outputs": self.outputs_as_wire(),
            "size": str(sum(output.size for output in self.outputs)),
            "modeldescription": self.model.description,
            "modelslugowner": self.model.owner,
            "modelslugproject": self.model.project,
            "slugapp": "",
            "isapp": False,
            "estimatedvram": "0.0000",
            "realvram": "[]",
            "dynamicprice": self.model.dynamic_price,
            "outputfolderid": "",
        }
