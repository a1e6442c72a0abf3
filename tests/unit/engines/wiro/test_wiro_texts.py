"""What language models say is read in every spelling, whole at the end and bounded while it comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import Progressed, Reached, Settled, TextStreamed
from bot.domain.job.job import Output, Stage, StreamedText
from bot.engines.wiro import frames
from bot.engines.wiro.texts import MAX_ANSWER_TAIL, MAX_THINKING_TAIL, is_language, said, speech

SEGMENTS = {
    "segments": [
        {"type": "thinking", "text": "Let me see."},
        {"type": "answer", "text": "Yes."},
        {"type": "function_call", "name": "look", "arguments": "{}"},
        {"type": "thinking", "text": "Or no?"},
        {"type": "answer", "text": "But no."},
    ],
    "isThinking": False,
}


def news(message: object) -> object:
    return frames.socket_frame(json.dumps({"type": "task_output", "id": "7", "message": message})).event


def settled(**fields: object) -> Settled:
    task = {"id": "7", "status": "task_postprocess_end", "pexit": "0", "totalcost": "0.1", **fields}
    (report,) = frames.task_reports({"result": True, "tasklist": [task]})
    assert isinstance(report.event, Settled)
    return report.event


@pytest.mark.parametrize(
    ("content", "answer", "thinking"),
    [
        (SEGMENTS, "Yes.\n\nBut no.", "Let me see.\n\nOr no?"),
        ({"answer": ["Yes."], "thinking": ["Let me see."], "raw": "x"}, "Yes.", "Let me see."),
        ({"answer": ["Hel", "lo ", "you"], "raw": "Hello you"}, "Hello you", ""),
        ({"answer": ["Hello ", "you"]}, "Hello you", ""),
        ({"answer": ["One.", "Two."], "raw": "One.\n\nTwo."}, "One.\n\nTwo.", ""),
        ({"answer": ["One.", "Two."]}, "One.\nTwo.", ""),
        ({"answer": '["One."]', "thinking": "hm"}, "One.", "hm"),
        ({"answer": "One."}, "One.", ""),
        ({"answer": [], "raw": "<think>hm\n</think>\n\nYes."}, "Yes.", "hm\n"),
        ({"raw": "<think>and so on without an end"}, "", "and so on without an end"),
        ({"raw": "Yes."}, "Yes.", ""),
        ({"raw": "hm", "thinking": ["hm"], "isThinking": "true"}, "", "hm"),
        ({"answer": ["  \n"], "raw": ""}, "", ""),
        ({"answer": [None, 5, {"a": 1}], "thinking": 7}, "5", ""),
        ({}, "", ""),
    ],
)
def test_every_spelling_is_understood(content: dict[str, object], answer: str, thinking: str) -> None:
    assert said(content) == (answer, thinking)


def test_a_streamed_message_is_what_was_said_so_far() -> None:
    message = {"thinking": ["hm"], "answer": [], "isThinking": True, "raw": "<think>hm"}
    assert news(message) == TextStreamed(StreamedText("", "hm", is_thinking=True))
    assert news(json.dumps(SEGMENTS)) == TextStreamed(
        StreamedText("Yes.\n\nBut no.", "Let me see.\n\nOr no?")
    )
    progress = {"type": "progressGenerate", "percentage": "40", "answer": [], "thinking": []}
    assert isinstance(news(progress), Progressed)
    assert news({"raw": "some log"}) == Reached(Stage.RUNNING)


def test_of_a_long_speech_the_end_is_kept_and_its_length_known() -> None:
    spoken = speech({"answer": ["a" * 200_000 + "end"], "thinking": ["t" * 100_000 + "end"]})
    assert spoken is not None
    assert (len(spoken.answer), len(spoken.thinking)) == (MAX_ANSWER_TAIL, MAX_THINKING_TAIL)
    assert spoken.answer.endswith("end")
    assert spoken.lengths == (200_003, 100_003)


def test_an_output_has_answer_and_thoughts() -> None:
    (output,) = settled(outputs=[{"contenttype": "raw", "content": SEGMENTS}]).outputs
    assert output == Output("output", "raw", None, None, "Yes.\n\nBut no.", "Let me see.\n\nOr no?")
    (silent,) = settled(outputs=[{"content": {"thinking": ["hm"]}}]).outputs
    assert (silent.text, silent.thinking) == ("", "hm")


def test_texts_and_pictures_come_side_by_side() -> None:
    picture = {"name": "0.png", "contenttype": "image/png", "url": "https://cdn1.wiro.ai/a/0.png"}
    entries = [{"contenttype": "raw", "content": {"answer": ["Yes."]}}, picture, {"content": {"raw": "No."}}]
    outputs = settled(outputs=entries).outputs
    assert [(output.text, output.url) for output in outputs] == [
        *(("Yes.", None), (None, picture["url"]), ("No.", None))
    ]


def test_a_model_that_only_wrote_into_its_log_has_answered_where_it_is_one_of_words() -> None:
    log = "Line one\nLine two"
    (output,) = settled(outputs=[], debugoutput=log, categories='["tool", "llm"]').outputs
    assert output.text == log
    assert settled(outputs=[], debugoutput=log, categories=["text-to-image"]).outputs == ()
    assert settled(outputs=[], debugoutput=log).outputs == ()
    assert settled(outputs=[], debugoutput=" \n", categories=["llm"]).outputs == ()


@pytest.mark.parametrize("categories", [None, "", "[]", "llm", 7, [{"a": 1}], '["text-to-image"]'])
def test_other_categories_are_not_those_of_words(categories: object) -> None:
    assert not is_language(categories)


def test_outputs_past_the_most_that_are_taken_are_counted() -> None:
    picture = {"name": "0.png", "contenttype": "image/png", "url": "https://cdn1.wiro.ai/a/0.png"}
    many = settled(outputs=[picture] * 100)
    assert len(many.outputs) == frames.MAX_OUTPUTS
    assert many.detail == "36 more outputs than the 64 that are taken"
    assert settled(outputs=[picture] * 64).detail == ""


def test_a_log_gives_no_secret_away() -> None:
    task = {
        "id": "7",
        "socketaccesstoken": "tok-en",
        "debugoutput": "key k-ey and tok-en",
        "debugerror": "x\n",
    }
    log = frames.task_log({"tasklist": [task]}, "7", lambda words: words.replace("k-ey", "…"))
    assert log == "key … and …\n\nx"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "answer", "raw"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["segments", "answer", "thinking", "raw", "isThinking"]), json_values))
def test_nothing_that_a_model_sends_breaks_the_reading(content: dict[str, object]) -> None:
    answer, thinking = said(content)
    spoken = speech(content)
    assert spoken is None or spoken.lengths == (len(answer), len(thinking))
