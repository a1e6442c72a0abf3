"""The demo page's server: whom it answers, how it serves files, and how it stops."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import discord
import pytest
import simcord
from discord.ext import commands

from sandbox.demo.page_media import MediaKind, headers, inspect
from sandbox.demo.simulated_discord import Slot, WallClock, spawn_outside


def ask(demo, method, path, *, body=None, **sent):
    """One raw request; header names are given with underscores."""
    at = urlsplit(demo.url)
    with closing(http.client.HTTPConnection(at.hostname, at.port, timeout=300)) as connection:
        given = {"Host": at.netloc} | {name.replace("_", "-"): value for name, value in sent.items()}
        connection.request(method, path, body=body, headers=given)
        answer = connection.getresponse()
        return answer, answer.read()


def post(demo, verb, body, **sent):
    world = json.loads(ask(demo, "GET", "/api/world")[1])
    body = {"viewer": "member", "channel": world["rooms"][0]["id"]} | body
    sent = {"Origin": demo.url.rstrip("/"), "Content_Type": "application/json"} | sent
    return ask(demo, "POST", f"/api/act/{verb}", body=json.dumps(body), **sent)


def test_only_the_page_itself_may_act(demo):
    assert post(demo, "send", {"content": "hello"})[0].status == 200
    assert post(demo, "send", {"content": "x"}, Origin="https://evil.example")[0].status == 403
    assert post(demo, "send", {"content": "x"}, Host="evil.example")[0].status == 403
    assert post(demo, "send", {"content": "x"}, Content_Type="text/plain")[0].status == 415
    without = {"Content_Type": "application/json"}
    assert ask(demo, "POST", "/api/act/send", body="{}", **without)[0].status == 403
    assert ask(demo, "GET", "/api/world", Host="evil.example:80")[0].status == 403


def test_every_answer_forbids_guessing_its_type_and_foreign_content(demo):
    for path in ("/", "/page/main.js", "/api/world", "/page/none.js", "/api/act/send", "/media/1/2/3/4/5/6"):
        answer, _ = ask(demo, "GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src ")


@pytest.mark.parametrize(
    "path", ["/page/..%2fdiscord_page.py", "/page/%2e%2e/discord_page.py", "/page/.", "/page/x"]
)
def test_no_other_file_is_served(demo, path):
    assert ask(demo, "GET", path)[0].status == 404


@pytest.mark.parametrize(
    ("verb", "body", "sentence"),
    [
        (
            "slash",
            {"name": "limits show"},
            "You cannot use /limits show here. Type / to see what you can use.",
        ),
        ("slash", {"name": "imagine"}, "Fill in “prompt”: it is required."),
        (
            "slash",
            {"name": "imagine", "options": {"prompt": "x", "steps": "many"}},
            "“steps” needs a whole number.",
        ),
        (
            "slash",
            {"name": "imagine", "options": {"prompt": "x", "steps": 101}},
            "“steps” must be ≤ 100, got 101.",
        ),
        (
            "slash",
            {"name": "imagine", "options": {"prompt": "x", "aspect": "2:1"}},
            "Choose one of the offered values for “aspect”.",
        ),
        (
            "slash",
            {"name": "imagine", "options": {"image": {"name": "a", "data": "%"}}},
            "did not arrive whole",
        ),
        (
            "slash",
            {"name": "whisper", "options": {"text": "x", "to": "1"}},
            "Choose a person from the list for “to”.",
        ),
        ("click", {"message": "1", "custom_id": "x"}, "That message is gone."),
        ("modal", {"handle": "99"}, "This form has expired. Close it and open it again."),
        ("send", {"content": "x" * 2001}, "A message can have 2,000 characters at most; shorten it."),
        ("dance", {}, "This page is older than its server. Reload it."),
        ("send", {"content": 5}, "This page is older than its server. Reload it."),
        ("send", {"content": "x", "channel": "1"}, "You cannot see that channel any more."),
        ("send", {"content": "x", "viewer": "nobody"}, "You cannot see that channel any more."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(demo, verb, body, sentence):
    answer, text = post(demo, verb, body)
    assert answer.status == 400
    assert sentence in json.loads(text)["error"]


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "{", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_body_that_is_no_json_or_too_deep_is_refused_in_words(demo, body):
    sent = {"Origin": demo.url.rstrip("/"), "Content_Type": "application/json"}
    answer, text = ask(demo, "POST", "/api/act/send", body=body, **sent)
    assert answer.status == 400
    assert json.loads(text)["error"] == "That request was not understood. Reload the page."


def test_an_oversized_body_is_refused_in_words(demo):
    at = urlsplit(demo.url)
    with closing(http.client.HTTPConnection(at.hostname, at.port, timeout=300)) as connection:
        sent = {"Origin": demo.url.rstrip("/"), "Content-Type": "application/json"}
        connection.request("POST", "/api/act/send", body=b" " * (65 << 20), headers=sent)
        answer = connection.getresponse()
        assert answer.status == 413
        assert "too large" in json.loads(answer.read())["error"]


def test_a_file_is_served_as_what_it_is_and_never_as_a_page(demo):
    post(demo, "slash", {"name": "show", "options": {"what": "files"}})
    world = json.loads(ask(demo, "GET", "/api/world")[1])

    def addresses():
        at = urlsplit(demo.url)
        with closing(http.client.HTTPConnection(at.hostname, at.port, timeout=300)) as connection:
            connection.request("GET", f"/api/events?as={world['me']['key']}")
            stream = connection.getresponse()
            while True:
                line = stream.fp.readline()
                if line.startswith(b"data:") and b'"messages": [{' in line:
                    [message] = json.loads(line[5:])["messages"]
                    return [attachment["url"] for attachment in message["attachments"]]

    picture, _, page = addresses()
    answer, body = ask(demo, "GET", picture)
    assert (answer.headers["Content-Type"], body[:4]) == ("image/png", b"\x89PNG")
    answer, body = ask(demo, "GET", page)
    assert body == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert ask(demo, "GET", page.replace("/member/", "/nobody/"))[0].status == 404


@pytest.mark.parametrize(
    ("data", "claimed", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", MediaKind.FILE),
        (b"\x89PNG\r\n\x1a\n and then nonsense", "image/png", MediaKind.FILE),
        (b"<html>", "image/png", MediaKind.FILE),
        (b"<html>", "text/html", MediaKind.FILE),
        (b"....", "video/mp4", MediaKind.VIDEO),
        (b"", None, MediaKind.FILE),
    ],
)
def test_media_are_told_by_their_bytes(data, claimed, kind):
    facts = inspect(data, claimed)
    assert facts.kind is kind
    assert headers(facts)["Content-Disposition"] == ("attachment" if kind is MediaKind.FILE else "inline")


def test_stopping_ends_an_open_event_stream(demo):
    at = urlsplit(demo.url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=300)
    with closing(connection):
        connection.request("GET", "/api/events")
        stream = connection.getresponse()
        assert stream.fp.readline().endswith(b"\r\n")
        demo.stop()
        while stream.fp.readline():
            pass


class QuietBot(commands.Bot):
    """A bot without commands."""

    def __init__(self):
        super().__init__(command_prefix="!", intents=discord.Intents.none())


async def test_work_outside_simcord_keeps_its_own_time_and_reaches_discord():
    slot = Slot()
    spawn = spawn_outside(slot)
    env = slot.env = simcord.Env(QuietBot())
    await env.start()
    try:
        channel = env.create_guild().create_text_channel("art")

        async def work():
            await asyncio.sleep(0.01)
            message = await env.bot.get_partial_messageable(channel.id).send("done")
            return message.content

        task = spawn(work(), name="job")
        assert task.get_name() == "job"
        async with asyncio.timeout(300):
            assert await task == "done"
        assert channel.last_message.content == "done"
    finally:
        await env.bot.close()
        await env.shutdown()


async def test_spawning_before_there_is_a_discord_is_an_error():
    async def work():
        raise AssertionError("this must not run")

    with pytest.raises(RuntimeError, match="fill the slot"):
        spawn_outside(Slot())(work())


async def test_the_simulated_clock_follows_the_wall_clock():
    env = simcord.Env(QuietBot())
    await env.start()
    try:
        now_s = time.time()
        clock = WallClock(env, asyncio.Lock(), now_s=lambda: now_s)
        await clock.align()
        assert env.now().timestamp() == pytest.approx(now_s, abs=0.001)
        now_s += 90
        await clock._catch_up()
        assert clock.real_s(env.now()) == pytest.approx(now_s, abs=0.001)
    finally:
        await env.bot.close()
        await env.shutdown()


async def test_a_clock_that_cannot_be_reached_is_compensated():
    env = simcord.Env(QuietBot())
    await env.start()
    try:
        now_s = (env.now() - timedelta(days=400)).timestamp()
        clock = WallClock(env, asyncio.Lock(), now_s=lambda: now_s)
        await clock.align()
        assert clock.real_s(env.now()) == pytest.approx(now_s)
    finally:
        await env.bot.close()
        await env.shutdown()
