"""A form: its pages, what was typed turned into values, and a complaint wherever that cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Option, Parameter, Value
from bot.domain.discord_limits import TEXT_INPUT_CHARS, UPLOAD_FILES
from bot.domain.request.files import MAX_FILE_BYTES, InputFile
from bot.domain.request.form import (
    Complaint,
    FieldFault,
    complaints_of,
    defaults_of,
    fields_of,
    most_chars,
    most_files,
    pages_of,
    read_field,
    sent_values,
    still_taken,
    typed_of,
    wanted_type,
)
from bot.domain.request.prompt import MAX_PROMPT_CHARS

STEPS = Parameter("steps", Kind.WHOLE, "Steps", minimum=Decimal(1), maximum=Decimal(50))
SCALE = Parameter("scale", Kind.DECIMAL, "Scale", minimum=Decimal("-0.5"), maximum=Decimal("7.5"))
STYLE = Parameter(
    "style", Kind.CHOICE, "Style", options=(Option("ink", "Ink drawing"), Option("oil"), Option("a, b"))
)
EXTRAS = Parameter("extras", Kind.CHOICES, "Extras", options=(Option("x1", "One"), Option("x2", "Two")))
NOTE = Parameter("note", Kind.TEXT, "Note")
PROMPT = Parameter("prompt", Kind.LONG_TEXT, "Prompt", is_required=True)
IMAGE = Parameter("inputImage", Kind.FILE, "Input Image", is_required=True)


def a_model(*parameters: Parameter) -> Model:
    return Model("wiro/test", "Test", parameters)


def a_file(name: str = "a.png", content_type: str = "image/png", **changes: object) -> InputFile:
    return replace(InputFile("inputImage", f"https://cdn.test/{name}", name, content_type), **changes)


def fault_of(parameter: Parameter, *texts: str) -> FieldFault | None:
    read = read_field(parameter, texts)
    return read.fault if isinstance(read, Complaint) else None


# --- the shape of a form -------------------------------------------------------------------------


def test_the_prompt_comes_first_then_what_is_required_then_the_rest_as_listed() -> None:
    model = a_model(NOTE, STEPS, IMAGE, PROMPT, STYLE)
    assert fields_of(model) == (PROMPT, IMAGE, NOTE, STEPS, STYLE)


def test_a_page_holds_five_fields() -> None:
    model = a_model(*(replace(NOTE, parameter_id=f"note{n}") for n in range(12)))
    assert [len(page) for page in pages_of(model)] == [5, 5, 2]
    assert [field for page in pages_of(model) for field in page] == list(fields_of(model))


def test_a_model_without_a_schema_takes_a_prompt_and_one_with_an_empty_schema_nothing() -> None:
    assert [field.parameter_id for field in fields_of(Model("a/b", "B"))] == ["prompt"]
    assert pages_of(a_model()) == ()


def test_a_form_begins_with_the_defaults() -> None:
    model = a_model(
        replace(STEPS, default="28"),
        replace(EXTRAS, default='["x1", "x2"]'),
        replace(NOTE, default=""),
        replace(IMAGE, default="https://example.test/a.png"),
    )
    assert defaults_of(model) == {"steps": ("28",), "extras": ("x1", "x2")}


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("50", 50), (" 7 ", 7), ("7.0", 7), ("1e1", 10), ("+3", 3), ("4,0", 4), ("\x007", 7)],
)
def test_a_whole_number_however_it_is_written(text: str, value: int) -> None:
    read = read_field(STEPS, (text,))
    assert (read, type(read)) == (value, int)


@pytest.mark.parametrize(("text", "value"), [("3,5", 3.5), ("-0.25", -0.25), ("7.5", 7.5), (".5", 0.5)])
def test_a_decimal_number_with_a_point_or_a_comma(text: str, value: float) -> None:
    assert read_field(SCALE, (text,)) == value


@pytest.mark.parametrize(
    "text",
    [
        "1e999",
        "1e999999999",
        "٣",
        "3,5.1",
        "1,000,000",
        "NaN",
        "sNaN",
        "inf",
        "1_0",
        "0x1f",
        "five",
        "1 2",
        "⅔",
        "9" * 41,
    ],
)
def test_what_is_no_number_is_complained_of_as_typed(text: str) -> None:
    for parameter in (STEPS, SCALE):
        read = read_field(parameter, (text,))
        assert read == Complaint(parameter, FieldFault.NOT_A_NUMBER, text)


def test_numbers_are_held_to_their_bounds_exactly() -> None:
    assert fault_of(STEPS, "0") is FieldFault.TOO_SMALL
    assert fault_of(STEPS, "51") is FieldFault.TOO_LARGE
    assert fault_of(STEPS, "3.5") is FieldFault.NOT_WHOLE
    assert fault_of(SCALE, "7.50000000000000000000000001") is FieldFault.TOO_LARGE
    assert fault_of(SCALE, "-0.51") is FieldFault.TOO_SMALL
    assert fault_of(Parameter("free", Kind.DECIMAL), "-1e30") is None


# --- choices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("ink", "ink"), ("Ink drawing", "ink"), ("INK DRAWING", "ink"), ("OIL", "oil"), ("a, b", "a, b")],
)
def test_a_choice_is_understood_by_value_and_by_label(text: str, value: str) -> None:
    assert read_field(STYLE, (text,)) == value


@pytest.mark.parametrize("text", ["charcoal", "ink, oil", ",", "[]"])
def test_what_is_no_option_is_complained_of(text: str) -> None:
    assert fault_of(STYLE, text) is FieldFault.NOT_AN_OPTION


@pytest.mark.parametrize(
    "texts", [("x1", "x2"), ("x1, x2",), ('["x1","x2"]',), ("One, two",), ("x1", "x2", "x1")]
)
def test_several_choices_are_picked_or_typed(texts: tuple[str, ...]) -> None:
    assert read_field(EXTRAS, texts) == ("x1", "x2")


def test_one_wrong_choice_among_several_is_complained_of() -> None:
    assert fault_of(EXTRAS, "x1", "x9") is FieldFault.NOT_AN_OPTION
    assert fault_of(EXTRAS, "x1, x9") is FieldFault.NOT_AN_OPTION


def test_an_option_without_a_value_makes_the_choice_optional() -> None:
    style = replace(STYLE, is_required=True)
    assert fault_of(style) is FieldFault.REQUIRED
    assert read_field(replace(style, options=(*style.options, Option("", "None"))), ()) is None


# --- texts ---------------------------------------------------------------------------------------


def test_a_text_is_sent_as_typed_without_the_blanks_around_it() -> None:
    assert read_field(NOTE, ("  a\nb \x00c ",)) == "a\nb c"
    assert read_field(NOTE, ("",)) is None
    assert fault_of(PROMPT, " \n ") is FieldFault.REQUIRED


def test_a_text_has_room_for_what_a_modal_holds_and_a_prompt_for_what_a_prompt_may_have() -> None:
    assert most_chars(NOTE) == TEXT_INPUT_CHARS
    assert most_chars(Parameter("negativePrompt", Kind.TEXT)) == most_chars(PROMPT) == MAX_PROMPT_CHARS
    assert most_chars(STEPS) == 40
    assert fault_of(NOTE, "x" * (TEXT_INPUT_CHARS + 1)) is FieldFault.TOO_LONG
    assert fault_of(NOTE, "x" * TEXT_INPUT_CHARS) is None
    assert fault_of(PROMPT, "x" * (MAX_PROMPT_CHARS + 1)) is FieldFault.TOO_LONG


# --- files ---------------------------------------------------------------------------------------


def test_a_file_that_is_needed_is_asked_for() -> None:
    model = a_model(IMAGE, replace(IMAGE, parameter_id="mask", label="", is_required=False))
    assert complaints_of(model, {}, ()) == (Complaint(IMAGE, FieldFault.REQUIRED),)
    assert complaints_of(model, {}, [a_file()]) == ()


def test_one_input_takes_one_file_and_another_ten() -> None:
    several = replace(IMAGE, kind=Kind.FILES)
    assert (most_files(IMAGE), most_files(several)) == (1, UPLOAD_FILES)
    assert complaints_of(a_model(IMAGE), {}, [a_file()] * 2) == (
        Complaint(IMAGE, FieldFault.TOO_MANY_FILES, "2"),
    )
    assert complaints_of(a_model(several), {}, [a_file()] * 10) == ()
    assert complaints_of(a_model(several), {}, [a_file()] * 11)[0].fault is FieldFault.TOO_MANY_FILES


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (a_file("notes.txt", "text/plain"), FieldFault.WRONG_TYPE),
        (a_file("clip.mp4", "video/mp4"), FieldFault.WRONG_TYPE),
        (a_file("clip.mp4", ""), FieldFault.WRONG_TYPE),
        (a_file("song.MP3", "application/octet-stream"), FieldFault.WRONG_TYPE),
        (a_file("a.webp", ""), None),
        (a_file("a.PNG", "application/octet-stream"), None),
        (a_file("whatever", ""), None),
        (a_file("notes.txt", "IMAGE/PNG"), None),
        (a_file(size_bytes=MAX_FILE_BYTES), None),
        (a_file(size_bytes=MAX_FILE_BYTES + 1), FieldFault.FILE_TOO_LARGE),
    ],
)
def test_a_file_is_checked_by_what_discord_says_of_it(file: InputFile, fault: FieldFault | None) -> None:
    expected = () if fault is None else (Complaint(IMAGE, fault, file.filename),)
    assert complaints_of(a_model(IMAGE), {}, [file]) == expected


@pytest.mark.parametrize(
    ("parameter_id", "wanted"),
    [
        ("inputImage", "image"),
        ("mask", "image"),
        ("refVideo", "video"),
        ("voiceSample", "audio"),
        ("imageOrVideo", None),
        ("document", None),
    ],
)
def test_an_inputs_name_tells_which_files_it_takes(parameter_id: str, wanted: str | None) -> None:
    assert wanted_type(Parameter(parameter_id, Kind.FILE)) == wanted


# --- the whole form ------------------------------------------------------------------------------


def test_every_wrong_field_is_told_in_the_order_of_the_form() -> None:
    model = a_model(STEPS, STYLE, PROMPT, IMAGE)
    typed = {"steps": ("99",), "style": ("neon",)}
    assert [(c.parameter.parameter_id, c.fault) for c in complaints_of(model, typed, ())] == [
        ("prompt", FieldFault.REQUIRED),
        ("inputImage", FieldFault.REQUIRED),
        ("steps", FieldFault.TOO_LARGE),
        ("style", FieldFault.NOT_AN_OPTION),
    ]


def test_only_what_was_filled_in_is_sent() -> None:
    model = a_model(PROMPT, STEPS, SCALE, STYLE, EXTRAS, NOTE, IMAGE)
    typed = {
        "prompt": ("a mill",),
        "steps": ("9",),
        "style": ("Ink drawing",),
        "extras": ("x2",),
        "note": ("",),
        "scale": ("nine",),
        "inputImage": ("x",),
        "gone": ("y",),
    }
    assert sent_values(model, typed) == {"prompt": "a mill", "steps": 9, "style": "ink", "extras": ("x2",)}


def test_earlier_values_that_the_model_does_not_take_any_more_are_left_out_and_told() -> None:
    model = a_model(PROMPT, STEPS, STYLE, NOTE, IMAGE)
    typed = {
        "prompt": ("",),
        "steps": ("60",),
        "style": ("oil",),
        "old": ("5",),
        "older": ("",),
        "inputImage": ("a.png",),
    }
    kept, dropped = still_taken(model, typed)
    assert kept == {"prompt": ("",), "style": ("oil",)}
    assert dropped == (
        Complaint(STEPS, FieldFault.TOO_LARGE, "60"),
        Complaint(Parameter("old", Kind.TEXT), FieldFault.NOT_AN_OPTION, "5"),
        Complaint(Parameter("inputImage", Kind.TEXT), FieldFault.NOT_AN_OPTION, "a.png"),
    )


# --- whatever is typed ---------------------------------------------------------------------------

bounds = st.none() | st.decimals(-1000, 1000, places=2)
options = st.lists(st.builds(Option, st.text(max_size=5), st.text(max_size=5)), max_size=4).map(tuple)
parameters = st.builds(
    Parameter,
    st.sampled_from(["prompt", "seed", "inputImage", "x"]),
    st.sampled_from(Kind),
    label=st.text(max_size=5),
    is_required=st.booleans(),
    minimum=bounds,
    maximum=bounds,
    options=options,
)
numbers = st.floats().map(repr) | st.decimals().map(str) | st.integers().map(str)
typed_texts = st.lists(st.text(max_size=30) | numbers | st.text("0123456789.,-+eE_", max_size=12), max_size=3)


@given(parameters, typed_texts)
def test_whatever_is_typed_becomes_a_value_within_bounds_or_a_complaint(
    parameter: Parameter, texts: list[str]
) -> None:
    read = read_field(parameter, texts)
    match read:
        case None:
            assert not parameter.is_needed
        case Complaint():
            assert read.parameter is parameter
        case int() | float():
            assert parameter.kind.is_number
            assert math.isfinite(read)
            assert parameter.minimum is None or Decimal(str(read)) >= parameter.minimum
            assert parameter.maximum is None or Decimal(str(read)) <= parameter.maximum
        case _:
            values = {option.value for option in parameter.options}
            is_choice = parameter.kind in {Kind.CHOICE, Kind.CHOICES}
            assert not is_choice or set((read,) if isinstance(read, str) else read) <= values


@given(parameters, typed_texts)
def test_a_value_read_once_is_read_the_same_again(parameter: Parameter, texts: list[str]) -> None:
    read = read_field(parameter, texts)
    if read is not None and not isinstance(read, Complaint):
        assert read_field(parameter, typed_of(read)) == read


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e39, max_value=1e39))
def test_a_number_keeps_every_digit_on_its_way_through_the_record(number: float) -> None:
    read: Value | Complaint | None = read_field(Parameter("x", Kind.DECIMAL), typed_of(number))
    if not isinstance(read, Complaint):  # some have too many digits before or after the point
        assert isinstance(read, (int, float))
        assert float(read) == number
