"""Slash commands on the demo page: finding one, filling it in, and watching what comes of it."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_picker_shows_each_command_with_its_description_and_narrows(demo, open_page):
    visitor = open_page(demo)
    visitor.text.fill("/")
    row = visitor.page.locator(".pick", has_text="/imagine")
    expect(row).to_contain_text("Turn a prompt into a picture")
    visitor.text.fill("/whis")
    expect(visitor.page.locator(".pick")).to_have_count(1)
    visitor.press("Escape")
    expect(visitor.page.locator(".picker")).to_be_hidden()


def test_subcommands_are_offered_to_those_who_may_use_them(demo, open_page):
    visitor = open_page(demo)
    visitor.text.fill("/limits")
    expect(visitor.page.locator(".pick-empty")).to_have_text("There is no such command here.")
    visitor.become("Moderator")
    visitor.text.fill("/limits")
    expect(visitor.page.locator(".pick-title")).to_have_text(["/limits setmeasureamount", "/limits show"])


def test_a_prompt_becomes_a_picture_above_its_buttons(demo, open_page):
    visitor = open_page(demo)
    visitor.command("imagine", "a lighthouse at dusk")
    expect(visitor.last.locator(".cause")).to_have_text("AAda used /imagine")
    expect(visitor.last.locator("h3")).to_have_text("Ready")
    picture = visitor.last.locator(".gallery img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 512
    again = visitor.last.get_by_role("button", name="Again")
    assert picture.bounding_box()["y"] + picture.bounding_box()["height"] <= again.bounding_box()["y"]
    expect(again).to_be_in_viewport()
    visitor.keep_picture("page_desktop.png")
    phone = open_page(demo, viewport={"width": 390, "height": 844}, color_scheme="light", has_touch=True)
    expect(phone.last.get_by_role("button", name="Again")).to_be_in_viewport()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    phone.keep_picture("page_phone.png")


def test_cancel_works_while_the_job_runs_and_another_is_started(slow_demo, open_page):
    visitor = open_page(slow_demo)
    visitor.command("imagine", "a fox")
    expect(visitor.message("a fox").get_by_role("button", name="Cancel")).to_be_visible()
    visitor.command("imagine", "a bear")
    visitor.message("a bear").get_by_role("button", name="Cancel").click()
    expect(visitor.last).to_contain_text("CancelledNothing was charged.")
    expect(visitor.message("a fox").get_by_role("button", name="Cancel")).to_be_visible()
    expect(visitor.last.get_by_role("button", name="Cancel")).to_have_count(0)


def test_options_suggestions_and_a_file_reach_the_bot(demo, open_page, tmp_path):
    visitor = open_page(demo)
    file = tmp_path / "sketch.png"
    file.write_bytes(b"not really a picture")
    visitor.text.fill("/imagine ")
    visitor.type("a fox")
    visitor.press("Tab")
    visitor.type("mod")
    visitor.press("Enter")
    visitor.type("flux")
    visitor.page.locator(".pick", has_text="Flux-Schnell").wait_for()
    visitor.press("Enter")
    visitor.type("asp")
    visitor.press("Enter")
    visitor.press("ArrowDown", "Enter")
    visitor.type("guid")
    visitor.press("Enter")
    visitor.type("7.5")
    visitor.press("Tab")
    visitor.type("image")
    visitor.press("Enter")
    visitor.page.locator(".pill[data-option=image] input").set_input_files(file)
    visitor.page.get_by_role("button", name="Send").click()
    expect(visitor.last.locator("blockquote")).to_have_text(
        "a fox [flux-schnell] [16:9] [7.5] [sketch.png:20]", use_inner_text=True
    )


def test_a_wrong_value_is_refused_in_words_and_nothing_is_lost(demo, open_page):
    visitor = open_page(demo)
    visitor.text.fill("/imagine ")
    visitor.press("Enter")
    error = visitor.page.get_by_role("alert")
    expect(error).to_have_text("Fill in “prompt”: it is required.")
    visitor.type("a fox")
    visitor.press("Tab")
    visitor.type("steps")
    visitor.press("Enter")
    visitor.type("200")
    visitor.press("Enter")
    expect(error).to_have_text("“steps” must be a whole number from 1 to 100.")
    visitor.press("Control+A")
    visitor.type("30")
    visitor.press("Enter")
    expect(visitor.last.locator("blockquote")).to_have_text("a fox [30]")
    expect(error).to_be_hidden()


def test_people_roles_and_channels_are_chosen_from_lists(demo, open_page):
    visitor = open_page(demo)
    visitor.become("Moderator")
    visitor.text.fill("/limits set ")
    visitor.type("spend")
    visitor.press("Enter")
    visitor.type("5")
    visitor.press("Tab")
    for option, value in (("role", "Moder"), ("member", "Ada"), ("channel", "loun")):
        visitor.type(option)
        visitor.press("Enter")
        visitor.type(value)
        visitor.press("Enter")
    visitor.press("Enter")
    expect(visitor.last.locator(".content")).to_have_text("spend = 5 @Moderators @Ada #lounge")


def test_failures_of_the_bot_are_told(demo, open_page):
    visitor = open_page(demo)
    visitor.command("crash")
    expect(visitor.page.get_by_role("alert")).to_contain_text("RuntimeError: the toy broke")
    visitor.command("think")
    expect(visitor.last).to_contain_text("Toy Painter is thinking…")


def test_plain_messages_can_be_sent_and_removed(demo, open_page):
    visitor = open_page(demo)
    visitor.text.fill("hello **there**")
    visitor.press("Enter")
    expect(visitor.last.locator("strong")).to_have_text("there")
    visitor.text.fill("/nonsense")
    visitor.press("Enter")
    expect(visitor.page.get_by_role("alert")).to_contain_text("There is no such command.")
    visitor.last.hover()
    visitor.last.get_by_role("button", name="Apps and more").click()
    visitor.page.get_by_role("menuitem", name="Delete message").click()
    expect(visitor.page.locator(".message")).to_have_count(0)
