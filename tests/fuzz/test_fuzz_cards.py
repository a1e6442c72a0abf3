"""Words of members and of Wiro in every card: within Discord's limits, and nothing but words."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.delivery.attachments import attachments
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.discord_limits import MESSAGE_FILES
from bot.domain.job.job import Cause, Job, Output, Progress, Stage
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.domain.moderation.audit import (
    AuditEntry,
    AuditPage,
    AuditQuery,
    ModelChange,
    StyleChange,
    WordChange,
    WordsChange,
)
from bot.domain.moderation.lexicon import Hit
from bot.domain.moderation.rules import Match, ModelRule, WordRule
from bot.domain.money import MAX_PICO, Money
from bot.domain.request.errors import OptionRefused, PromptRefused
from bot.domain.request.prompt import MAX_PROMPT_CHARS, checked_prompt
from bot.domain.request.style import Style
from bot.view.card import Card
from bot.view.cards.audit import audit_card
from bot.view.cards.lists import running_card
from bot.view.cards.logs import entry_card
from bot.view.cards.records import history_card
from bot.view.cards.renderer import final_card, info_card, status_card
from bot.view.cards.rules import trial_card
from bot.view.files.fitting import Bounds
from bot.view.layout import NO_MENTIONS, layout_of
from bot.view.text.format import code, code_block, escaped, plain
from bot.view.text.sentences import sentence
from sandbox.discord.check_components import ComponentCheck
from sandbox.discord.problems import Problems
from tests.fuzz.fuzz_json import TEXTS
from tests.fuzz.fuzz_profile import tries
from tests.support.samples import a_job, a_requester
from tests.support.seals import SEAL

WICKED = [
    "@everyone @here <@&1> <@2> <#3> </imagine:4> <t:0:R> <:a:5>",
    "[free](https://evil.test) <https://evil.test> https://evil.test",
    "```fence``` `tick` ~~~ ||x|| **b** __u__ ~~s~~ *i* _i_",
    "\n# heading\n> quote\n- list\n-# small\n1. one",
    "\u202e\u2066rtl\u2069\u200b\u200d\ufeff\u00ad",
    "👨‍👩‍👧‍👦" * 200,
    "🏳️‍🌈" * 400,
    "a" + "\u0301" * 500,
    "\\" * 500,
    "@" * 2_000,
    "[" * 2_000,
    "\0\x01\x1b[31m",
    "x" * 6_000,
    "```" * 700,
    "𒐫" * 2_000,
]
WORDS = st.one_of(
    TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()),
    st.sampled_from(WICKED),
    st.lists(st.sampled_from(WICKED), max_size=3).map("".join),
)
URLS = st.one_of(
    st.just("https://cdn1.wiro.ai/a/0.png"),
    WORDS.map(lambda text: f"https://cdn1.wiro.ai/{text}"[:2_048]),
    st.sampled_from(
        [
            "https://cdn1.wiro.ai/x) [free](https://evil.test",
            "https://cdn1.wiro.ai/" + "a" * 2_000,
            "https://a/\n@everyone",
        ]
    ),
)
MONEY = st.sampled_from([0, 1, 10**12, MAX_PICO]).map(Money)
PROMPTS = WORDS.map(lambda text: text[:MAX_PROMPT_CHARS])


def check_card(card: Card) -> None:
    """As Discord would check it: 4,000 characters, 40 components, lengths, ids, no id twice."""
    problems = Problems()
    components: list[Any] = layout_of(card, SEAL).to_components()
    ComponentCheck(problems, lambda _path, url: {"url": url}).layout(components, ("components",))
    assert not problems, problems._tree
    assert NO_MENTIONS.to_dict() == {"parse": []}
    for text in _texts(components):
        text.encode()


def _texts(components: list[Any]) -> list[str]:
    found = []
    for part in components:
        found += [part["content"]] if "content" in part else []
        found += _texts(part.get("components", []))
    return found


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    stage = draw(st.sampled_from(Stage))
    job = a_job(
        draw(st.sampled_from([1, 2**63 - 1])), stage=stage, hold=draw(MONEY), detail=draw(WORDS)[:300]
    )
    request = replace(
        job.request,
        prompt=draw(PROMPTS),
        negative_prompt=draw(st.none() | PROMPTS),
        model=f"owner/{draw(WORDS)}"[:200],
        count=draw(st.integers(1, 4)),
    )
    return replace(
        job,
        request=request,
        cause=draw(st.sampled_from(Cause)) if stage in {Stage.FAILED, Stage.CANCELLED} else None,
        cost=draw(st.none() | MONEY),
        progress=draw(st.none() | st.sampled_from([Progress(0, 1), Progress(2**63 - 1, 2**63 - 1)])),
        elapsed_s=draw(st.none() | st.sampled_from([0.0, 1e7])),
        task_id=draw(st.none() | WORDS.map(lambda text: text[:100])),
        outputs=tuple(
            Output("answer", "raw", None, None, words, draw(WORDS))
            for words in draw(st.lists(WORDS.filter(bool), max_size=2))
        ),
    )


@st.composite
def pictures(draw: st.DrawFn) -> OutputFile:
    content = draw(st.none() | st.just(b"x"))
    name = draw(st.sampled_from(["0.png", "1.png", "answer.txt", "a" * 60 + ".webp"]))
    if content is None:
        name = draw(WORDS)[:100] or "output"
    kind = draw(st.sampled_from(["image/png", "text/plain", "image/webp"]))
    return OutputFile(name, kind, content, draw(st.none() | URLS))


def many(job: Job, number: int) -> list[Job]:
    return [replace(job, job_id=2**63 - 1 - n) for n in range(number)]


@tries(100)
@given(job=jobs(), place=st.none() | st.integers(1, 10**6), quiet_since_s=st.none() | st.just(1.8e9))
def test_a_running_job_in_any_words_can_be_shown(
    job: Job, place: int | None, quiet_since_s: float | None
) -> None:
    assume(not job.is_terminal)
    note = "Wiro could not stop it any more."
    news = StatusUpdate(job, queue_position=place, quiet_since_s=quiet_since_s, note=note)
    check_card(status_card(news))
    check_card(running_card([replace(news, job=each) for each in many(job, 30)], a_requester()))


NOTES = st.sampled_from(["", "1 of 4 could not be shown: 0 bytes."])


@tries(120)
@given(job=jobs(), found=st.lists(pictures(), max_size=16), note=NOTES)
@example(job=a_job(stage=Stage.SUCCEEDED), found=[OutputFile("0.png", "image/png", b"x", None)] * 64, note="")
@example(
    job=a_job(stage=Stage.SUCCEEDED),
    found=[OutputFile("0.png", "image/png", None, "https://cdn1.wiro.ai/" + "ü" * 2_000)] * 4,
    note="",
)
def test_an_ending_in_any_words_can_be_shown(job: Job, found: list[OutputFile], note: str) -> None:
    """With as many outputs as are read at most, as the board prepares them."""
    assume(job.is_terminal)
    for bounds in (Bounds(10_485_760, 25_165_824), Bounds(10, 10), Bounds(0, 0)):
        prepared = asyncio.run(attachments(job, found, bounds, _never_smaller))
        files = [picture for picture in prepared if picture.content is not None]
        assert len(files) <= MESSAGE_FILES
        assert len({picture.filename for picture in files}) == len(files)
        card = final_card(StatusUpdate(job, note=note), prepared)
        assert len(card.pictures) + len(card.files) == (len(files) if job.stage is Stage.SUCCEEDED else 0)
        check_card(card)


async def _never_smaller(picture: OutputFile, limit_bytes: int) -> OutputFile:
    is_small = picture.content is not None and len(picture.content) <= limit_bytes
    return picture if is_small else replace(picture, content=None)


@tries(400)
@given(url=URLS)
@example(url="https://cdn1.wiro.ai/x) [free nitro](https://evil.test")
@example(url="https://cdn1.wiro.ai/x>\n# @everyone")
def test_an_address_stays_inside_its_link(url: str) -> None:
    picture = OutputFile("0.png", "image/png", None, url)
    text = final_card(StatusUpdate(a_job(stage=Stage.SUCCEEDED)), [picture]).text
    found = [line for line in text.split("\n") if line.startswith("[")]
    if not found and "1 more link:" in text:
        return
    (line,) = found
    link = r"\[0\.png\]\((https?://[!-'*-;=?-Z_a-z~%]+)\)"
    assert re.fullmatch(rf"{link} \(linked: too large, too many or not ready\)", line), line


@tries(100)
@given(job=jobs(), words=WORDS)
def test_every_other_card_with_words_of_others_can_be_shown(job: Job, words: str) -> None:
    check_card(info_card(job))
    check_card(history_card(many(job, 8), 1, 2, has_newer=True, has_older=True, is_direct=False))
    changes = [
        WordChange(WordRule(words, is_pattern=True), before=True, after=False),
        WordsChange(words, f"the word {words}", words, words),
        StyleChange(words, None, Style(1, 0, words, words, 2, 1.8e9, negative_prompt=words, model=words)),
        ModelChange(words, None, ModelRule.ADULT),
    ]
    entries = [AuditEntry(1, 2, change, 1.8e9) for change in changes]
    for entry in entries:
        check_card(entry_card(entry))
    query = AuditQuery(1, member_id=2**63 - 1, since_s=2**40, page=2, newest_id=2**40)
    check_card(audit_card(AuditPage(query, tuple(entries * 2), has_older=True)))
    rule = WordRule(words[:200] or "x", is_pattern=False, match=Match.TOLERANT)
    check_card(trial_card(words[:2_000], [Hit(rule, Match.TOLERANT, words)] * 50))


@tries(300)
@given(words=WORDS)
def test_a_refusal_repeats_words_within_a_message(words: str) -> None:
    errors = [ModelUnknown(words), OptionRefused("steps", words[:50], "1", "100", words)]
    for error in errors:
        assert 0 < len(sentence(error)) <= 2_000
        assert "@everyone" not in sentence(error)


@tries(400)
@given(words=WORDS, limit=st.integers(1, 400))
def test_escaped_words_form_mention_and_link_nothing(words: str, limit: int) -> None:
    shown = escaped(words, limit)
    assert "\n" not in shown
    assert len(plain(words, limit)) <= limit
    assert not re.search(r"@(everyone|here)", shown)
    bare = re.sub(r"\\[\\*_~|`\[\]<:]", "", shown)
    assert not re.search(r"[*_~|`\[\]<]|://", bare), shown
    assert code(words).count("`") == 2
    assert code_block(words, limit).count("```") == 2


@tries(400)
@given(words=WORDS)
def test_a_prompt_goes_to_wiro_as_it_was_typed(words: str) -> None:
    try:
        prompt = checked_prompt(words)
    except PromptRefused:
        return
    assert prompt == words.replace("\0", "").strip()
    assert 0 < len(prompt) <= MAX_PROMPT_CHARS


def test_outputs_past_every_number_are_left_out_in_words() -> None:
    url = "https://cdn1.wiro.ai/" + "a" * 900
    outputs = [Output(f"{n}.png", "image/png", url) for n in range(64)]
    found = [OutputFile(output.name, output.content_type, None, output.url) for output in outputs]
    text = final_card(StatusUpdate(a_job(stage=Stage.SUCCEEDED)), found).text
    assert len(re.findall(r"^\[", text, re.M)) == 2
    assert "62 more links: see" in text
