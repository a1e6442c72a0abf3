"""Answers and socket frames, in every shape Wiro is known to send, become events."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.job.events import Cancelled, Event, Progressed, Reached, Settled, Unrecognised
from bot.domain.job.job import Output, Progress, Stage
from bot.domain.job.task import Task
from bot.domain.money import Money
from bot.engines.port import EngineServerFault
from bot.engines.wiro import frames

PICTURE = {
    "id": "0" * 32,
    "name": "0.png",
    "contenttype": "image/png",
    "size": "202472",
    "ispublic": 0,
    "expiretime": None,
    "url": "https://cdn1.wiro.ai/a-b/0.png",
}


def task(**fields: Any) -> dict[str, Any]:
    """A finished task as the documents print it, changed by `fields`."""
    return {
        "id": "2221",
        "socketaccesstoken": "tok",
        "parameters": {"prompt": "a fox", "seed": "42", "steps": 28, "tags": ["a"]},
        "debugoutput": "",
        "debugerror": "",
        "createtime": "1734513807",
        "endtime": "1734513813",
        "elapsedseconds": "6.0000",
        "status": "task_postprocess_end",
        "cps": "0.000585000000",
        "totalcost": "0.003510000000",
        "pexit": "0",
        "categories": '["tool","image-to-image"]',
        "outputs": [PICTURE],
        "guestid": None,
    } | fields


def detail(entry: object, **more: Any) -> dict[str, Any]:
    return {"total": "1", "errors": [], "tasklist": [entry], "result": True} | more


def event(**fields: Any) -> Event:
    (report,) = frames.task_reports(detail(task(**fields)))
    return report.event


def news(**fields: Any) -> Event | None:
    return frames.socket_frame(json.dumps({"id": "2221", "result": True} | fields)).event


def test_a_finished_task_settles_with_its_cost_and_outputs() -> None:
    output = Output("0.png", "image/png", "https://cdn1.wiro.ai/a-b/0.png", 202_472)
    assert event() == Settled(is_success=True, cost=Money(3_510_000_000), outputs=(output,), elapsed_s=6.0)


def test_a_report_carries_id_token_parameters_and_time() -> None:
    (report,) = frames.task_reports(detail(task()))
    assert report.task == Task("2221", "tok")
    assert report.parameters == {"prompt": "a fox", "seed": "42", "steps": "28", "tags": '["a"]'}
    assert report.created_at_s == 1_734_513_807.0


def test_every_scalar_may_be_a_number() -> None:
    changed = {"id": 2221, "pexit": 0, "totalcost": 0.00351, "elapsedseconds": 6, "createtime": 1734513807}
    assert event(**changed) == event()


def test_every_field_but_the_id_may_be_missing() -> None:
    (report,) = frames.task_reports(detail({"id": "1"}))
    assert report.event == Unrecognised("")
    with pytest.raises(EngineServerFault):  # read as no task, it would be given up
        frames.task_reports(detail({"status": "task_start"}))


def test_lists_and_parameters_may_be_json_text() -> None:
    written = task(parameters='{"seed": 42}', outputs=json.dumps([PICTURE]))
    (report,) = frames.task_reports(detail(None, tasklist=json.dumps([written])))
    assert report.parameters == {"seed": "42"}
    assert report.event == event()


def test_tasks_may_be_nested_in_data() -> None:
    (report,) = frames.task_reports({"result": True, "data": {"tasklist": [task()]}})
    assert report.task.task_id == "2221"


def test_a_missing_list_is_no_empty_list() -> None:
    assert frames.task_reports({"result": True, "tasklist": []}) == []
    assert frames.task_reports({"result": True, "total": "0", "tasklist": None}) == []
    for answer in ({"result": True}, {"result": True, "tasklist": None}, {"result": True, "tasklist": "x"}):
        with pytest.raises(EngineServerFault):
            frames.task_reports(answer)


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("task_queue", Stage.QUEUED),
        ("task_accept", Stage.PREPARING),
        ("task_preprocess_start", Stage.PREPARING),
        ("task_preprocess_end", Stage.PREPARING),
        ("task_assign", Stage.PREPARING),
        ("task_start", Stage.RUNNING),
        ("task_output", Stage.RUNNING),
        ("task_output_full", Stage.RUNNING),
        ("task_end", Stage.FINISHING),
        ("task_postprocess_start", Stage.FINISHING),
    ],
)
def test_a_live_status_means_the_same_on_both_ways(status: str, stage: Stage) -> None:
    assert event(status=status, pexit="", endtime="0") == Reached(stage)
    assert news(type=status, message=None) == Reached(stage)


@pytest.mark.parametrize("last", ["task_postprocess_end", "task_cancel", "task_failed", "task_killed"])
def test_the_socket_ends_nothing(last: str) -> None:
    assert news(type=last, message=[PICTURE]) == Reached(Stage.FINISHING)


@pytest.mark.parametrize("pexit", ["1", "", None, "137", "00"])
def test_only_exit_code_zero_is_a_success(pexit: str | None) -> None:
    settled = event(pexit=pexit, outputs=[], totalcost="0", debugerror="out of memory")
    assert settled == Settled(is_success=False, cost=Money(0), elapsed_s=6.0, detail="out of memory")


@pytest.mark.parametrize("status", ["task_failed", "task_killed", "task_kill"])
def test_an_undocumented_failure_is_a_failure_whatever_the_exit_code(status: str) -> None:
    settled = event(status=status)
    assert isinstance(settled, Settled)
    assert not settled.is_success


def test_a_cancelled_task_brings_what_it_cost() -> None:
    assert event(status="task_cancel", pexit=None) == Cancelled(Money(3_510_000_000), 6.0)


@pytest.mark.parametrize(
    ("changes", "has_run"),
    [
        ({}, False),
        ({"starttime": "1734513809"}, True),
        ({"accepttime": 1734513807}, True),
        ({"elapsedseconds": "0.5"}, True),
        ({"starttime": None}, True),  # what is not said is not known
        ({"accepttime": "soon"}, True),
    ],
)
def test_one_that_surely_never_left_the_queue_has_not_run(changes: dict[str, object], has_run: bool) -> None:
    queued = {"accepttime": "0", "preprocessstarttime": 0, "starttime": "0", "elapsedseconds": "0.0000"}
    ending = event(**{"status": "task_cancel", "pexit": None} | queued | changes)
    assert isinstance(ending, Cancelled)
    assert ending.has_run == has_run


@pytest.mark.parametrize("status", ["task_error", "task_completed"])
def test_a_doubtful_status_is_an_ending_only_once_the_record_says_so(status: str) -> None:
    assert event(status=status, pexit=None, endtime="0") == Reached(Stage.RUNNING)
    failed, done = event(status=status, pexit="", endtime="5"), event(status=status, pexit="0")
    assert isinstance(failed, Settled)
    assert not failed.is_success
    assert isinstance(done, Settled)
    assert done.is_success


@pytest.mark.parametrize("cost", ["NaN", "-1", "1e9", "", None, "free", [], "1e999999"])
def test_a_cost_that_cannot_be_read_is_none(cost: object) -> None:
    settled = event(totalcost=cost)
    assert isinstance(settled, Settled)
    assert settled.cost is None
    assert settled.is_success


@pytest.mark.parametrize(
    ("cost", "is_disbelieved"),
    [
        *((cost, True) for cost in ("NaN", "-1", "1e9", "1000.01", "free", "1e999999", 5_000)),
        *((cost, False) for cost in ("", None, "null", "0", "0.00", "1000", 0.05)),
    ],
)
def test_a_bill_that_is_none_is_told_from_one_that_is_not_there_yet(
    cost: object, is_disbelieved: bool
) -> None:
    for pexit in ("0", "1"):
        settled = event(totalcost=cost, pexit=pexit)
        assert isinstance(settled, Settled)
        assert settled.is_cost_disbelieved is is_disbelieved


def test_a_failure_keeps_the_end_of_its_words_without_controls_and_without_the_token() -> None:
    settled = event(pexit="1", debugerror="", debugoutput="x" * 900 + "\x1b[31m\n token tok \u202eend")
    assert isinstance(settled, Settled)
    assert len(settled.detail) == frames.MAX_DETAIL_CHARS
    assert settled.detail.endswith("xxx[31m …en … end")
    assert settled.detail.isprintable()


def test_a_text_model_answers_with_text() -> None:
    raw = {"contenttype": "raw", "content": {"prompt": "p", "raw": "all", "answer": ["Hello", "world"]}}
    settled = event(outputs=[raw])
    assert isinstance(settled, Settled)
    assert settled.outputs == (Output("output", "raw", None, None, "Hello\nworld"),)


def test_an_output_without_a_usable_address_or_text_is_left_out() -> None:
    entries = [PICTURE | {"url": "javascript:alert(1)"}, PICTURE | {"url": None}, "x", PICTURE]
    settled = event(outputs=entries)
    assert isinstance(settled, Settled)
    assert [output.url for output in settled.outputs] == [PICTURE["url"]]


def test_output_names_are_bare() -> None:
    settled = event(outputs=[PICTURE | {"name": "../../a\n.png"}])
    assert isinstance(settled, Settled)
    assert settled.outputs[0].name == "a .png"


STEPS = {"type": "progressGenerate", "percentage": "60", "stepCurrent": "6", "stepTotal": "10"}


@pytest.mark.parametrize(
    ("message", "progress"),
    [
        (STEPS, Progress(6, 10)),
        (json.dumps(STEPS), Progress(6, 10)),
        (STEPS | {"stepCurrent": 6, "stepTotal": 10.0}, Progress(6, 10)),
        (STEPS | {"stepCurrent": "60"}, Progress(10, 10)),
        (STEPS | {"stepCurrent": "-3"}, Progress(0, 10)),
        (STEPS | {"stepTotal": "0"}, Progress(60, 100)),
        ({"type": "progressGenerate", "percentage": 33.4}, Progress(33, 100)),
        ({"percentage": "250"}, Progress(100, 100)),
    ],
)
def test_progress_is_read_from_steps_or_percent(message: object, progress: Progress) -> None:
    assert news(type="task_output", message=message) == Progressed(progress)


@pytest.mark.parametrize(
    "message",
    ["loading weights", None, [], {"raw": "hi"}, {"type": "progressDownload", "percentage": "3"}, "{bad", 5],
)
def test_output_without_steps_only_shows_that_it_runs(message: object) -> None:
    assert news(type="task_output", message=message) == Reached(Stage.RUNNING)


@pytest.mark.parametrize("kind", ["task_error", "task_error_full", "connected", "error", "task_cost"])
def test_log_lines_and_greetings_are_no_news(kind: str) -> None:
    assert news(type=kind, message="stderr") is None


def test_an_unknown_type_is_named() -> None:
    assert news(type="task_teleport") == Unrecognised("task_teleport")
    assert event(status="task_teleport") == Unrecognised("task_teleport")


def test_a_frame_hides_its_token() -> None:
    frame = frames.socket_frame('{"type":"task_start","id":1,"tasktoken":"tok-secret"}')
    assert (frame.task_id, frame.task_token) == ("1", "tok-secret")
    assert "tok-secret" not in repr(frame)


@pytest.mark.parametrize(
    "answer",
    [
        {"taskid": "2221", "socketaccesstoken": "tok"},
        {"taskid": 2221, "socketaccesstoken": "tok", "userid": 5},
        {"data": {"taskid": "2221", "socketaccesstoken": "tok"}},
        {"data": '{"taskid": "2221", "socketaccesstoken": "tok"}'},
    ],
)
def test_run_names_its_task_at_the_top_or_in_data(answer: dict[str, object]) -> None:
    assert frames.started_task(answer) == Task("2221", "tok")


def test_run_without_a_task_is_a_fault() -> None:
    with pytest.raises(EngineServerFault):
        frames.started_task({"result": True, "taskid": None})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"result": True, "errors": []}, (True, None, "")),
        ({"result": "true"}, (True, None, "")),
        ({}, (None, None, "")),
        ({"result": False, "errors": [{"code": "96", "message": "busy"}]}, (False, 96, "busy")),
        ({"result": False, "errors": ["plain words"]}, (False, None, "plain words")),
        ({"result": False, "errors": "plain words"}, (False, None, "plain words")),
        ({"result": False, "errors": {"code": 1, "message": "gone", "time": 5}}, (False, 1, "gone")),
        (
            {"result": False, "errors": ["a", {"code": 97.0, "message": "b"}, {"code": 0}]},
            (False, 97, "b; a"),
        ),
        ({"result": False, "message": "top"}, (False, None, "top")),
    ],
)
def test_errors_are_read_in_every_shape(answer: dict[str, object], said: tuple[object, ...]) -> None:
    found = frames.verdict(answer)
    assert (found.is_success, found.code, found.message) == said


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "1", "{", "[" * 100_000, '{"a":' * 50_000, b"\xff\xfe\x00"]
)
def test_what_is_no_object_is_a_fault_and_nothing_else(body: str | bytes) -> None:
    with pytest.raises(EngineServerFault):
        frames.parsed(body)


NAMES = [
    *("result", "errors", "tasklist", "tool", "data", "list", "total", "taskid", "socketaccesstoken", "id"),
    *("status", "pexit", "totalcost", "elapsedseconds", "outputs", "parameters", "content", "answer", "url"),
    *("type", "message", "percentage", "stepCurrent", "stepTotal", "code", "items", "options", "value"),
]
WORDS = [
    "task_postprocess_end",
    "task_output",
    "task_cancel",
    "task_error",
    "0",
    "1e999999",
    "NaN",
    "[{}]",
    "{}",
]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
)
HOSTILE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), HOSTILE, max_size=6))
def test_no_answer_whatever_raises_anything_but_a_server_fault(answer: dict[str, object]) -> None:
    body = json.dumps(answer)
    for read in (frames.task_reports, frames.tools, frames.stored_files, frames.started_task):
        try:
            read(frames.parsed(body))
        except EngineServerFault:
            continue
    assert "\n" not in frames.verdict(frames.parsed(body)).message
    frames.socket_frame(body).event  # noqa: B018 — reading it is the test


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(task())), HOSTILE, max_size=8))
def test_a_task_with_spoilt_fields_still_makes_sendable_text(fields: dict[str, object]) -> None:
    try:
        reports = frames.task_reports(frames.parsed(json.dumps(detail(task() | fields))))
    except EngineServerFault:  # not even its id can be read
        assert "id" in fields
        return
    for report in reports:
        repr(report).encode()
        "".join(report.parameters.values()).encode()
        if isinstance(report.event, Settled):
            assert all(0 < len(output.name) <= 100 for output in report.event.outputs)


@given(st.text() | st.binary())
def test_no_text_whatever_raises_anything_but_a_server_fault(body: str | bytes) -> None:
    with suppress(EngineServerFault):
        assert isinstance(frames.parsed(body), dict)
