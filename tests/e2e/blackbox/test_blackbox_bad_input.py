"""What members and the world may send that is wrong: one clear sentence each, nothing used, nobody pinged."""

import re
from dataclasses import dataclass

import pytest

from sandbox.wiro.faults import FailTask, NoOutputs, OutputUrl, Spoil, Spoilt, StderrNoise, TaskFault
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Opened

NOTHING_USED = ("0 of 50 used, 0 held", "$0.00 of $2.00 used, $0.00 held")


async def nothing_used(harness: BlackboxHarness) -> bool:
    text = await harness.quota(harness.alice)
    return all(part in text for part in NOTHING_USED)


async def test_requests_that_cannot_be_run_are_refused_to_the_asker_alone(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    cases = [
        ({"prompt": ""}, "empty prompt"),
        ({"prompt": "   \n "}, "empty prompt"),
        ({"prompt": "\u200b\u200d\u2060\ufeff"}, "empty prompt"),
        ({"prompt": "x" * 6000}, "2,000 characters and this one has 6,000"),
        ({"prompt": "a fox", "negative_prompt": "y" * 2001}, "2,001"),
        ({"prompt": "a fox", "steps": 101}, "from 1 to 100"),
        ({"prompt": "a fox", "guidance": 20.5}, "from 0 to 20"),
        ({"prompt": "a fox", "count": 5}, "from 1 to 4"),
        ({"prompt": "a fox", "count": 0}, "from 1 to 4"),
        ({"prompt": "a fox", "seed": -1}, "from 0 to"),
        ({"prompt": "a fox", "width": 100_000}, "width"),
        ({"prompt": "a fox", "aspect": "1:1", "width": 512}, "not both"),
        ({"prompt": "a fox", "model": "no/such-model"}, "no model called no/such-model"),
        ({"prompt": "a fox", "model": "nonsense"}, "no model called nonsense"),
        ({"prompt": "a fox", "model": "@everyone/../x"}, "no model called"),
    ]
    for options, words in cases:
        asked = harness.alice.slash(harness.channel, "imagine", options, force=True)
        text = await harness.refused(asked)
        assert words in text, options
        assert "Nothing was held" in text, options
    assert harness.seen_by(harness.bob) == []
    assert harness.runs == 0
    assert await nothing_used(harness)
    assert (await harness.stop(bot)).jobs == []


async def test_odd_prompts_reach_wiro_as_typed_and_discord_as_words(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    prompts = [
        f"@everyone @here <@{harness.bob.id}> <@&{harness.guild.id}>",
        "```py\nprint('fence')\n``` and `tick` and ||spoiler||",
        "[click me](https://evil.example/a) <https://evil.example> # heading",
        "\u202etfel ot thgir\u202c and a\u0300\u0301\u0302\u0303\u0304\u0305\u0306 zalgo",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u200b between",
        "x" * 2000,
        "first line\nsecond line\t\x00end",
    ]
    asked = [harness.imagine(harness.alice, prompt) for prompt in prompts]
    messages = [await harness.ended(one) for one in asked]
    for message in messages:
        assert message.shown_files()
        title = message.text().splitlines()[0]
        assert not re.search(r"@everyone|@here|(?<!\\)(<|`|\||\[|\])|https://|[\u202a-\u202e]", title), title
        assert len(message.text()) < 600
    sent = [task.prompt for task in sorted(harness.wiro.ledger.tasks, key=lambda task: int(task.id))]
    assert sorted(sent) == sorted(prompt.replace("\0", "") for prompt in prompts)
    assert harness.runs == len(prompts)
    info = await harness.bob.click(messages[1], "Info").answered()
    assert info.is_ephemeral
    assert info.text().count("```") == 2
    books = await harness.stop(bot)
    assert books.posted == harness.billed


@dataclass(frozen=True)
class Spoiling:
    """A task that brings no picture to show. `words` are part of what the member is told."""

    prompt: str
    fault: TaskFault
    words: str
    kind: str = "write_off"


async def test_an_unusable_picture_is_told_and_given_back(opened: Opened) -> None:
    harness = await opened()
    off_the_list = harness.wiro.api_url.replace("127.0.0.1", "localhost")
    cases = [
        Spoiling("html", Spoil(Spoilt.HTML), "a web page"),
        Spoiling("svg", Spoil(Spoilt.SVG), "an SVG drawing"),
        Spoiling("truncated", Spoil(Spoilt.TRUNCATED), "cannot be shown"),
        Spoiling("pixel bomb", Spoil(Spoilt.PIXEL_BOMB), "cannot be shown"),
        Spoiling("gzip bomb", Spoil(Spoilt.GZIP_BOMB), "cannot be shown"),
        Spoiling("empty", Spoil(Spoilt.EMPTY), "cannot be shown"),
        Spoiling("redirect", Spoil(Spoilt.REDIRECT, f"{harness.wiro.api_url}/lured"), "cannot be shown"),
        Spoiling("host", OutputUrl(f"{off_the_list}/lured"), "does not allow"),
        Spoiling("metadata", OutputUrl("http://169.254.169.254/latest/meta-data/x.png"), "does not allow"),
        Spoiling("file", OutputUrl("file:///etc/passwd"), "cannot be shown"),
        Spoiling("nothing", NoOutputs(), "no output at all"),
        Spoiling("failed", FailTask("RuntimeError: CUDA @everyone out of memory"), "could not make", "void"),
    ]
    for case in cases:
        harness.wiro.faults.add(case.fault, prompt=case.prompt)
    harness.wiro.faults.add(StderrNoise(), prompt="noise")
    bot = await harness.start(OPERATOR_SPEND_PER_DAY="100")
    asked = [harness.imagine(harness.alice, case.prompt) for case in cases]
    for case, one in zip(cases, asked, strict=True):
        message = await harness.ended(one)
        assert message.attachments == [], case
        (_, sentence, _) = message.text().splitlines()
        assert case.words in sentence, case
        assert "charged" in sentence
    assert await nothing_used(harness)
    assert harness.wiro.ledger.requests_to("lured") == ()
    noisy = await harness.ended(harness.imagine(harness.alice, "noise"))
    assert noisy.shown_files()
    books = await harness.stop(bot)
    assert [books.kind(case.prompt) for case in cases] == [case.kind for case in cases]
    assert books.posted + books.written_off == harness.billed
    assert harness.runs == len(cases) + 1


async def test_a_picture_of_thirty_megabytes_is_made_to_fit(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(Spoil(Spoilt.HUGE))
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "noise"))
    (file,) = message.shown_files()
    assert 1 << 20 < len(file.data) <= 10 << 20
    assert (file.width or 0) > 1000
    books = await harness.stop(bot)
    assert books.kinds == ["post"]


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("WIRO_API_KEY", "canary-wrong-key-11", "does not accept the bot's key"),
        ("WIRO_API_SECRET", "canary-wrong-secret-22", "does not accept the bot's key"),
        ("WIRO_MODEL", "nobody/nothing", "Wiro did not take this request"),
    ],
)
async def test_what_wiro_does_not_accept_is_said_and_costs_nothing(
    opened: Opened, setting: str, value: str, words: str
) -> None:
    harness = await opened()
    bot = await harness.start(**{setting: value})
    asked = harness.imagine(harness.alice, "a fox")
    message = await harness.ended(asked)
    (_, sentence, _) = message.text().splitlines()
    assert words in sentence
    assert "othing was charged" in sentence
    assert await nothing_used(harness)
    assert bot.is_alive
    assert harness.runs == 1
    books = await harness.stop(bot)
    assert books.kinds == ["void"]
    if "KEY" in setting or "SECRET" in setting:
        assert value not in bot.output + message.text()
