"""Messages on the demo page: text, layouts, media, menus, forms, and who sees what."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


def test_markdown_is_drawn_and_markup_stays_text(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "markdown")
    content = visitor.last.locator(".content")
    expect(content.locator("h1")).to_have_text("Heading one")
    expect(content.locator("em").first).to_have_text("italic")
    expect(content.locator("li")).to_have_count(5)
    expect(content.locator("pre")).to_have_text('print("hello, **world**")')
    expect(content).to_contain_text("<script>alert(1)</script> <img src=x onerror=alert(1)>")
    expect(content).to_contain_text("[evil](javascript:alert(1))")
    expect(content).to_contain_text("*not italic*")
    link = content.get_by_role("link", name="a link")
    expect(link).to_have_attribute("href", "https://example.com/a?b=c")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(content.locator(".mention").first).to_have_text("@Ada")
    expect(content.locator("time[data-relative]")).to_contain_text("ago")
    assert content.locator("script, img").count() == 0
    hidden = content.locator(".spoiler")
    hidden.click()
    expect(hidden).to_have_class("spoiler shown")


def test_relative_times_go_on(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "markdown")
    time = visitor.last.locator("time[data-relative]")
    time.evaluate("node => { node.dataset.relative = String(Date.now() / 1000 - 7200) }")
    expect(time).to_have_text("2 hours ago")


def test_layouts_show_their_parts_in_order(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "layout")
    box = visitor.last.locator(".container").first
    expect(box.locator(".section h2")).to_have_text("Section")
    expect(box.locator(".thumbnail img")).to_be_visible()
    expect(box.locator(".file-card")).to_contain_text("notes.txt")
    expect(box.get_by_role("button", name="off")).to_be_disabled()
    expect(box.locator(".action-row .button")).to_have_count(5)
    cover = visitor.last.locator(".media-cover")
    cover.click()
    expect(cover).to_have_count(0)


def test_a_gallery_holds_ten_pictures_and_enlarges_them(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "gallery")
    expect(visitor.last.locator(".gallery .media")).to_have_count(10)
    visitor.last.locator(".media-open").nth(1).click()
    shown = visitor.page.locator(".lightbox")
    expect(shown).to_contain_text("1.png · 320 × 240")
    visitor.press("ArrowRight")
    expect(shown).to_contain_text("2.png")
    visitor.press("Escape")
    expect(shown).to_have_count(0)


def test_embeds_and_files_are_shown_as_discord_shows_them(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "embed")
    embed = visitor.last.locator(".embed")
    expect(embed.locator(".embed-title")).to_have_text("An embed")
    expect(embed.locator(".embed-image img")).to_be_visible()
    assert visitor.last.locator(".attachments").count() == 0
    visitor.command("show", "files")
    expect(visitor.last.locator(".file-card")).to_have_count(2)
    expect(visitor.last.locator(".media-cover")).to_have_text("Spoiler")
    with visitor.page.expect_download() as waiting:
        visitor.last.get_by_role("link", name="page.html").first.click()
    assert waiting.value.suggested_filename == "page.html"


def test_menus_give_what_was_chosen(demo, open_page):
    visitor = open_page(demo)
    visitor.command("menus")
    page, menus = visitor.page, visitor.message("Choose:")
    menus.get_by_role("button", name="Choose colours").click()
    page.get_by_role("option", name="Red").click()
    page.get_by_role("option", name="Blue").click()
    visitor.press("Escape")
    expect(visitor.last).to_contain_text("Colours: red, blue")
    for menu, choice, answer in (
        ("Choose a person", "Mo", "Person: @Mo"),
        ("Choose a role", "@Moderators", "Role: @Moderators"),
        ("Choose a channel", "lounge", "Channel: #lounge"),
    ):
        menus.get_by_role("button", name=menu).click()
        page.get_by_role("option", name=choice).first.click()
        expect(visitor.last).to_contain_text(answer)
    expect(menus.get_by_role("button", name="Never")).to_be_disabled()


def test_a_form_sends_its_fields_and_says_what_is_missing(demo, open_page, tmp_path):
    visitor = open_page(demo)
    visitor.command("form")
    form = visitor.page.get_by_role("dialog", name="Edit the prompt")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_role("alert")).to_have_text("Fill in “Prompt”: it is required.")
    form.get_by_label("Prompt").fill("a red fox")
    form.locator(".select").first.click()
    form.get_by_role("option", name="Ink").click()
    form.locator(".select").last.click()
    form.get_by_role("option", name="Ada").click()
    file = tmp_path / "sketch.bin"
    file.write_bytes(bytes(1234))
    form.get_by_label("Sketch").set_input_files(file)
    form.get_by_role("button", name="Submit").click()
    expect(visitor.last).to_contain_text("Form: a red fox / ink / @Ada / 1234 bytes")


def test_only_the_asker_sees_an_ephemeral_answer_and_may_dismiss_it(demo, open_page):
    visitor = open_page(demo)
    visitor.command("whisper", "a secret")
    expect(visitor.last).to_contain_text("Only you can see this")
    visitor.become("Moderator")
    expect(visitor.page.locator(".message", has_text="a secret")).to_have_count(0)
    visitor.become("Member")
    visitor.message("a secret").get_by_role("button", name="Dismiss message").click()
    expect(visitor.page.locator(".message", has_text="a secret")).to_have_count(0)


def test_apps_work_on_messages_and_people_and_links_jump_within_the_page(demo, open_page):
    visitor = open_page(demo)
    visitor.text.fill("the first words")
    visitor.press("Enter")
    first = visitor.page.locator(".message", has_text="the first words").first
    first.hover()
    first.get_by_role("button", name="Apps and more").click()
    visitor.page.get_by_role("menuitem", name="Repeat it").click()
    again = visitor.message("Again: the first words")
    expect(again.locator(".cause")).to_contain_text("used Repeat it")
    again.get_by_role("link", name="#imagine › message").click()
    expect(first).to_have_class("message flash")
    assert visitor.page.url == visitor.url
    first.get_by_role("button", name="Ada").first.click()
    visitor.page.get_by_role("menuitem", name="Greet").click()
    expect(visitor.last).to_contain_text("Hello, @Ada!")


def test_direct_messages_have_a_place_of_their_own(demo, open_page):
    visitor = open_page(demo)
    visitor.command("direct")
    channel = visitor.page.locator(".channel", has_text="Toy Painter")
    expect(channel.locator(".count")).to_have_text("1")
    channel.click()
    expect(visitor.last.locator(".gallery img")).to_be_visible()
    visitor.command("whisper", "in private")
    expect(visitor.last).to_contain_text("psst: in private")


def test_a_moderator_removes_the_messages_of_others(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "embed")
    visitor.become("Moderator")
    visitor.last.hover()
    visitor.last.get_by_role("button", name="Apps and more").click()
    visitor.page.get_by_role("menuitem", name="Delete message").click()
    expect(visitor.page.locator(".message")).to_have_count(0)


def test_one_who_reads_back_is_not_pulled_down_and_can_jump_to_the_present(demo, open_page):
    visitor = open_page(demo)
    visitor.command("show", "gallery")
    expect(visitor.last.locator(".gallery .media")).to_have_count(10)
    visitor.page.locator("#scroller").evaluate("node => node.scrollTo(0, 0)")
    present = visitor.page.get_by_role("button", name="Jump to present")
    expect(present).to_be_visible()
    other = open_page(demo)
    other.text.fill("news")
    other.press("Enter")
    visitor.message("news").wait_for(state="attached")
    expect(visitor.message("news")).not_to_be_in_viewport()
    present.click()
    expect(visitor.message("news")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(demo, open_page, width):
    visitor = open_page(demo, viewport={"width": width, "height": 800})
    for what in ("markdown", "embed", "layout", "files", "gallery"):
        visitor.command("show", what)
        visitor.last.locator(".body > *").first.wait_for()
    expect(visitor.page.locator(".message")).to_have_count(5)
    box = visitor.page.locator("#scroller")
    assert box.evaluate("node => node.scrollWidth - node.clientWidth") == 0
    visitor.keep_picture(f"page_messages_{width}.png")
