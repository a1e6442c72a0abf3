"""Starting, not starting, checking, and a full disk: one sentence that names what to mend, no traceback."""

from tests.e2e.blackbox.blackbox_harness import DISCORD_TOKEN, Opened, labels
from tests.support.clocks import until


async def test_a_bad_setting_is_one_sentence_that_names_it(opened: Opened) -> None:
    harness = await opened()
    missing = await harness.launch(DISCORD_TOKEN=None)
    bad: dict[str, str | None] = {
        "DISCORD_TOKEN": "",
        "DISCORD_API_URL": "ftp://nowhere",
        "WIRO_API_KEY": None,
        "WIRO_API_SECRET": None,
        "WIRO_SOCKET_URL": "https://nowhere",
        "WIRO_MODEL": "no-slash",
        "WIRO_OUTPUT_HOSTS": "*.example",
        "WIRO_MAX_RUNNING": "0",
        "DATABASE_URL": "postgres://localhost/bot",
        "DEFAULT_RUNS_PER_DAY": "-1",
        "DEFAULT_SPEND_PER_DAY": "1e99",
        "OPERATOR_SPEND_PER_DAY": "plenty",
        "EDIT_INTERVAL_S": "soon",
        "SILENCE_S": "nan",
        "LOG_LEVEL": "LOUD",
        "HEALTH_PORT": "70000",
    }
    faulty = await harness.launch(**bad)
    assert await missing.exited() == 2
    (sentence,) = missing.stderr.splitlines()
    assert sentence.startswith("DISCORD_TOKEN is not set.")
    assert await faulty.exited() == 2
    sentences = faulty.stderr.splitlines()
    assert sorted(sentence.split()[0] for sentence in sentences) == sorted(bad)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert missing.stdout + faulty.stdout == ""
    assert harness.discord.requests == []
    assert not harness.database.exists()


async def test_dollars_are_read_with_or_without_their_sign(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start(DEFAULT_SPEND_PER_DAY="$1.25", OPERATOR_SPEND_PER_DAY="3.5")
    text = await harness.quota(harness.alice)
    assert "$0.00 of $1.25 used" in text
    await harness.stop(bot)


async def test_an_empty_secret_means_a_project_that_has_a_key_alone(opened: Opened) -> None:
    harness = await opened(key_only=True)
    bot = await harness.start(WIRO_API_SECRET="")
    assert (await harness.ended(harness.imagine(harness.alice, "unsigned"))).shown_files()
    assert not any("x-signature" in request.headers for request in harness.wiro.ledger.requests)
    await harness.stop(bot)


async def test_a_second_bot_on_the_same_database_leaves_at_once_and_harms_nothing(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "ours")
    await harness.shows(asked, "Drawing")
    second = await harness.launch()
    code, took_s = await second.exited_in()
    assert code == 1
    assert took_s < 10  # the start of Python and the imports included
    assert "in use by another process" in second.stderr
    assert "set another DATABASE_URL" in second.stderr
    assert len(harness.discord.gateway.identified_at_s) == 1
    harness.let_go()
    assert (await harness.ended(asked)).shown_files()
    books = await harness.stop(bot)
    assert books.kinds == ["post"]


async def test_a_token_that_discord_refuses_ends_the_start_with_a_sentence(opened: Opened) -> None:
    harness = await opened()
    wrong = "canary-wrong-token.33.zzzzzzzzzzzz"
    bot = await harness.launch(DISCORD_TOKEN=wrong)
    assert await bot.exited() == 1
    assert "Discord does not accept DISCORD_TOKEN" in bot.stderr
    assert wrong not in bot.output
    nowhere = await harness.launch(DISCORD_API_URL="http://127.0.0.1:9/api/v10")
    assert await nowhere.exited() == 1
    assert "Discord cannot be reached" in nowhere.stderr


async def test_check_says_line_by_line_what_to_mend(opened: Opened) -> None:
    harness = await opened()

    async def check(**changed: str | None) -> dict[str, tuple[str, str]]:
        process = await harness.launch("check", **changed)
        code = await process.exited()
        assert process.stderr == ""
        lines = process.stdout.splitlines()
        told = [line.split(maxsplit=1) for line in lines[:-1]]
        assert code == (1 if any(verdict == "FAIL" for verdict, _ in told) else 0)
        assert ("Everything is in place" in lines[-1]) == (code == 0)
        return {text.partition(":")[0]: (verdict, text) for verdict, text in told}

    good = await check(GUILD_SPEND_PER_DAY=None, USER_SPEND_PER_DAY=None)
    assert [verdict for verdict, _ in good.values()] == ["ok"] * 7
    assert list(good) == ["Settings", "Limits", "Files", "Database", "Discord", "Wiro", "Model"]
    assert good["Database"][1].endswith("the first start makes it")
    assert not harness.database.exists()
    assert f"client_id={harness.discord.bot.id}" in good["Discord"][1]
    assert "Stable Diffusion 3 Medium" in good["Model"][1]
    assert "each server $10.00, all together $20.00" in good["Limits"][1]
    assert "open to every server that adds the bot" in good["Limits"][1]

    faulty = await check(
        DISCORD_TOKEN="canary-wrong-token.44.zzzz",
        WIRO_API_SECRET="canary-wrong-secret-55",
        DATABASE_URL="sqlite:////proc/nowhere/bot.sqlite3",
    )
    missing = await check(WIRO_API_KEY=None)
    elsewhere = await check(DISCORD_API_URL="http://127.0.0.1:9", WIRO_MODEL="nobody/nothing")
    for report, subject, words in (
        (missing, "Settings", "WIRO_API_KEY is not set"),
        (faulty, "Database", "DATABASE_URL"),
        (faulty, "Discord", "copy DISCORD_TOKEN anew"),
        (faulty, "Wiro", "check WIRO_API_KEY and WIRO_API_SECRET"),
        (elsewhere, "Discord", "check the network and DISCORD_API_URL"),
        (elsewhere, "Model", "WIRO_MODEL"),
    ):
        verdict, text = report[subject]
        assert verdict == "FAIL"
        assert words in text
    for report in (missing, faulty, elsewhere):
        text = str(report)
        assert "zzzz" not in text
        assert "secret-55" not in text

    bot = await harness.start()
    verdict, text = (await check())["Database"]
    assert verdict == "FAIL"
    assert "in use by another process" in text
    await harness.stop(bot)
    harness.database.chmod(0o644)
    found = await check()
    assert found["Database"] == ("ok", f"Database: {harness.database} is ours and its books balance")
    assert found["Files"][0] == "warn"
    assert found["Files"][1].endswith(f": chmod 600 {harness.database}")


async def test_a_full_disk_refuses_politely_and_running_pictures_still_arrive(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output", prompt="before")
    bot = await harness.start()
    before = harness.imagine(harness.alice, "before")
    await harness.shows(before, "Drawing")
    bot.limit_files(4096)
    assert "disk is full" in await harness.refused(harness.imagine(harness.bob, "refused"))
    harness.let_go()
    message = await harness.ended(before)
    assert message.shown_files()
    assert harness.seen_by(harness.bob) == [message]
    assert bot.is_alive
    bot.limit_files(None)
    await until(lambda: "its settlement is on record after all" in bot.output)
    after = harness.imagine(harness.bob, "after")
    assert (await harness.ended(after)).shown_files()
    assert {"Again", "Info", "Delete"} <= set(labels(message))
    books = await harness.stop(bot)
    assert books.stages == ["SUCCEEDED", "SUCCEEDED"]
    assert books.posted == harness.billed
    assert DISCORD_TOKEN not in bot.output
