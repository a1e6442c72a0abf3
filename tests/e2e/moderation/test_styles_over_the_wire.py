"""Models and styles with the bot as a process and Discord as a server of payloads."""

from __future__ import annotations

from typing import Any

from tests.e2e.blackbox.blackbox_harness import Opened


async def test_a_model_is_found_and_a_style_is_kept_and_drawn_in(opened: Opened) -> None:
    harness = await opened()
    await harness.start()

    async def said(command: str, **options: Any) -> Any:
        asked = harness.alice.slash(harness.channel, command, options)
        return await harness.shows(asked, "###")

    page = await said("models")
    assert "**Stable Diffusion 3 Medium**" in page.text()
    (details,) = [b for b in page.buttons() if ":details:stabilityai/sdxl-turbo" in (b.custom_id or "")]
    pressed = harness.alice.click(page, details.custom_id)
    detail = await harness.shows(pressed, "### SDXL Turbo")
    assert detail.is_ephemeral
    kept = await said("style save", name="Oil", template="{prompt}, oil", model="stabilityai/sdxl-turbo")
    assert "### Kept: Oil" in kept.text()
    typing = harness.alice.autocomplete(
        harness.channel, "imagine", {"prompt": "x", "style": "o"}, focused="style"
    )
    await typing.until(lambda: typing.choices, what="suggestions")
    assert [choice["value"] for choice in typing.choices] == ["Oil"]
    drawn = harness.alice.slash(harness.channel, "style use", {"style": "oil", "prompt": "a mill"})
    assert "a mill, oil" in (await harness.ended(drawn)).text()
    (task,) = harness.wiro.ledger.tasks
    assert (task.model, task.parameters["prompt"]) == ("stabilityai/sdxl-turbo", "a mill, oil")
    after = await said("models", search="turbo")
    assert " here" in after.text()
