"""Every button as it stands in messages of long ago: its id, with its mark, means what it meant."""

from __future__ import annotations

import pytest

from bot.view.actions.buttons import (
    Action,
    AuditAction,
    AuditButton,
    CaseAction,
    CaseButton,
    ConfirmAction,
    ConfirmButton,
    FormAction,
    FormButton,
    JobAction,
    JobButton,
    MemberAction,
    MemberButton,
    ModelAction,
    ModelButton,
    PageMove,
    ResultAction,
    ResultButton,
    TextAction,
)
from bot.view.actions.component import ActionButton, read
from bot.view.text.said import TextPart
from tests.support.seals import SEAL

JOB = 1444000000000000123

# What a press means, its id and mark (by the key of tests/support/seals.py), and how it looks, as of 0.1.0.
# fmt: off
OLD = [
    (JobAction(JobButton.CANCEL, JOB), f"job:{JOB}:cancel", "n_z7v8AOOJZk", "⏹️|Cancel|danger"),
    (JobAction(JobButton.AGAIN, JOB), f"job:{JOB}:again", "gIXSG8KuUEjj", "🔁|Again|primary"),
    (JobAction(JobButton.RETRY, JOB), f"job:{JOB}:retry", "Kg1PiNH5tcER", "🔁|Retry|primary"),
    (JobAction(JobButton.INFO, JOB), f"job:{JOB}:info", "pQuGR4xIXJns", "ℹ️|Info|secondary"),
    (JobAction(JobButton.DELETE, JOB), f"job:{JOB}:delete", "38jgjWCtFo8U", "🗑️|Delete|secondary"),
    (JobAction(JobButton.REPORT, JOB), f"job:{JOB}:report", "hUCZTORphuaw", "🚩|Report|secondary"),
    (JobAction(JobButton.LOG, JOB), f"job:{JOB}:log", "SS5ODBVUTqp4", "📜|Log|secondary"),
    (MemberAction(MemberButton.OLDER, 42, JOB, 3),
     f"member:42:older:{JOB}:3", "Wwt1eWNUm-VC", "▶️|Older|secondary"),
    (MemberAction(MemberButton.NEWER, 42, JOB, 3),
     f"member:42:newer:{JOB}:3", "96Oo7L97Qenm", "◀️|Newer|secondary"),
    (MemberAction(MemberButton.FORGET, 42, JOB, 3),
     f"member:42:forget:{JOB}:3", "0ZZyrLfs6i7Z", "🗑️|Erase it for good|danger"),
    (CaseAction(CaseButton.ASK, JOB), f"case:{JOB}:ask", "yJQFye2aK0eh", "🙋|Ask a moderator|primary"),
    (CaseAction(CaseButton.APPROVE, JOB), f"case:{JOB}:approve", "677raoBJYdCj", "✅|Approve once|success"),
    (CaseAction(CaseButton.GRANT, JOB), f"case:{JOB}:grant", "XYsiLkcaNNqv", "🎁|Grant 5 today|primary"),
    (CaseAction(CaseButton.DENY, JOB), f"case:{JOB}:deny", "utXdePdippcG", "✖️|Deny|secondary"),
    (CaseAction(CaseButton.BLOCK, JOB), f"case:{JOB}:block", "jnfxaC7atlVl", "⛔|Block|danger"),
    (CaseAction(CaseButton.RESTORE, JOB), f"case:{JOB}:restore", "jLnWEFMd0KXm", "👁️|Restore|success"),
    (CaseAction(CaseButton.DELETE, JOB), f"case:{JOB}:delete", "_9qH1hgXGYYK", "🗑️|Delete|danger"),
    (AuditAction(AuditButton.NEWER, 42, 1764115200, 77, 2),
     "audit:newer:42:1764115200:77:2", "SuE1siSaOxO7", "◀️|Newer|secondary"),
    (AuditAction(AuditButton.OLDER, 42, 1764115200, 77, 2),
     "audit:older:42:1764115200:77:2", "35iisdkg4_TD", "▶️|Older|secondary"),
    (ModelAction(ModelButton.DETAILS, subject="stabilityai/sdxl-turbo"),
     "model:details:stabilityai/sdxl-turbo", "mBKtgwODJ5mK", "🔎|Details|secondary"),
    (ModelAction(ModelButton.RUN, subject="stabilityai/sdxl-turbo"),
     "model:run:stabilityai/sdxl-turbo", "sOKsHiTFtgNu", "▶️|Run|primary"),
    (ModelAction.to_page(1234, "text-to-image", "sta|ble: 3"),
     "model:page:1234|text-to-image|sta|ble: 3", "RZ-Gwbmy_9BI", "📄|Page 1,234|secondary"),
    (FormAction(FormButton.FILL, JOB, 2, label="Fill in 3/4"),
     f"draft:{JOB}:fill:2", "bKDAQQSrDmKG", "✏️|Fill in 3/4|secondary"),
    (FormAction(FormButton.RUN, JOB, 1, label="Run once more · about $0.01", is_disabled=True),
     f"draft:{JOB}:run:1", "3oM64e4Eu6bj", "▶️|Run once more · about $0.01|primary|off"),
    (FormAction(FormButton.RESET, JOB, label="Start over"),
     f"draft:{JOB}:reset:0", "98KSojARHeGV", "↩️|Start over|secondary"),
    (TextAction(JOB, TextPart.ANSWER, 4, PageMove.OPEN),
     f"text:{JOB}:answer:4:open", "PsGheUlCOUY9", "📖|Read on|secondary"),
    (TextAction(JOB, TextPart.ANSWER, 4, PageMove.BACK),
     f"text:{JOB}:answer:4:back", "ijUONlSAM5xf", "◀️|Back|secondary"),
    (TextAction(JOB, TextPart.ANSWER, 4, PageMove.ON),
     f"text:{JOB}:answer:4:on", "ELW7iNfsiL7i", "▶️|On|secondary"),
    (TextAction(JOB, TextPart.THINKING, 4, PageMove.OPEN),
     f"text:{JOB}:thinking:4:open", "KXq8PPrtMz7I", "💭|Thinking|secondary"),
    (TextAction(JOB, TextPart.THINKING, 4, PageMove.BACK),
     f"text:{JOB}:thinking:4:back", "7g8WMSNvFscC", "◀️|Back|secondary"),
    (TextAction(JOB, TextPart.THINKING, 4, PageMove.ON),
     f"text:{JOB}:thinking:4:on", "JO8mT6VJHEEJ", "▶️|On|secondary"),
    (ResultAction(ResultButton.VARY, JOB, 3), f"pick:{JOB}:vary:3", "zf3V2_ixqhTH", "🎲|Vary|secondary"),
    (ResultAction(ResultButton.UPSCALE, JOB, 3),
     f"pick:{JOB}:upscale:3", "QR4s4iiVQiau", "🔍|Upscale|secondary"),
    (ResultAction(ResultButton.EDIT, JOB, 3),
     f"pick:{JOB}:edit:3", "yi8tsVHx_WSR", "✏️|Edit prompt|secondary"),
    (ResultAction(ResultButton.REWORD, JOB, 3),
     f"pick:{JOB}:reword:3", "k_LLN-43AwEe", "✏️|Edit prompt|secondary"),
    (ResultAction(ResultButton.VARY, JOB, 3, number=4),
     f"pick:{JOB}:vary:3", "zf3V2_ixqhTH", "|V4|secondary"),
    (ResultAction(ResultButton.UPSCALE, JOB, 3, number=4),
     f"pick:{JOB}:upscale:3", "QR4s4iiVQiau", "|U4|secondary"),
    (ConfirmAction(ConfirmButton.VARY, JOB, 3), f"go:{JOB}:vary:3:0", "aA5LW45IR4ba", "▶️|Run|primary"),
    (ConfirmAction(ConfirmButton.VARY, JOB, 3, is_private=True),
     f"go:{JOB}:vary:3:1", "V_iBt23xyTj_", "▶️|Run|primary"),
    (ConfirmAction(ConfirmButton.UPSCALE, JOB, 3),
     f"go:{JOB}:upscale:3:0", "jufmZqgAY28Y", "▶️|Run|primary"),
    (ConfirmAction(ConfirmButton.UPSCALE, JOB, 3, is_private=True),
     f"go:{JOB}:upscale:3:1", "YtB5BV2p1Z7A", "▶️|Run|primary"),
]
# fmt: on


def drawn(press: Action) -> tuple[str, str]:
    item = ActionButton(press, SEAL).item
    emoji = "" if item.emoji is None else str(item.emoji)
    off = "|off" if item.disabled else ""
    return str(item.custom_id), f"{emoji}|{item.label}|{item.style.name}{off}"


@pytest.mark.parametrize(("press", "custom_id", "mark", "look"), OLD)
def test_an_id_means_what_it_meant_and_is_written_so_again(
    press: Action, custom_id: str, mark: str, look: str
) -> None:
    marked = f"{custom_id}~{mark}"
    assert SEAL.opened(marked, None) == custom_id
    for sent in (custom_id, marked):
        found = read(sent)
        assert type(found) is type(press)
        assert found is not None
        assert drawn(found)[0] == marked  # a label of one message alone is not in its id
        assert found.action is press.action
    assert drawn(press) == (marked, look)


def test_every_button_is_among_them() -> None:
    found = {press.action for press, *_ in OLD}
    for actions in (
        JobButton,
        AuditButton,
        CaseButton,
        FormButton,
        ConfirmButton,
        MemberButton,
        ModelButton,
        ResultButton,
    ):
        assert found >= set(actions), actions


@pytest.mark.parametrize(
    ("custom_id", "press"),
    [
        ("job:99999999999999999999:info", JobAction(JobButton.INFO, 2**63 - 1)),  # past all ids
        ("audit:older:0:0:0:0", AuditAction(AuditButton.OLDER, 0, 0, 0, 0)),
        ("audit:older:1:2:3:123456789", AuditAction(AuditButton.OLDER, 1, 2, 3, 123_456_789)),
        ("text:1:answer:123456:on", TextAction(1, TextPart.ANSWER, 123_456, PageMove.ON)),
        ("pick:1:vary:9999", ResultAction(ResultButton.VARY, 1, 9_999)),
        ("model:details:", ModelAction(ModelButton.DETAILS, "")),
    ],
)
def test_an_id_at_the_bounds_is_read_as_it_was(custom_id: str, press: Action) -> None:
    assert read(custom_id) == press


@pytest.mark.parametrize(
    ("custom_id", "listing"),
    [
        ("model:page:", (1, "", "")),
        ("model:page:x|a|b", (1, "a", "b")),
        ("model:page:1234567|a|b", (1, "a", "b")),
        ("model:page:7", (7, "", "")),
        ("model:page:7|a", (7, "a", "")),
        ("model:page:1234|text-to-image|sta|ble: 3", (1234, "text-to-image", "sta|ble: 3")),
    ],
)
def test_a_page_of_models_is_read_as_it_was(custom_id: str, listing: tuple[int, str, str]) -> None:
    press = read(custom_id)
    assert isinstance(press, ModelAction)
    assert press.listing == listing


@pytest.mark.parametrize(
    "custom_id",
    [
        "job:123456789012345678901:info",
        "job:1:read",
        "job:1:info:0",
        "job:١:info",
        "job:1:info~AAAAAAAAAAA",
        "case:1",
        "case::ask",
        "member:1:older:1",
        "member:1:older:1:1234567890",
        "audit:older:1:2:3:1234567890",
        "audit:forget:1:2:3:4",
        "draft:1:fill:1234567890",
        "draft:1:save:0:a/b",
        "text:1:answer:1234567:on",
        "text:1:answer:1:forth",
        "pick:1:vary:12345",
        "pick:1:vary:-1",
        "go:1:edit:0:0",
        "go:1:vary:0:2",
        "model:buy:a/b",
        "model:run:a\nb",
        "model:run:" + "x" * 101,
        "cancel:1",
        "",
    ],
)
def test_what_no_button_of_ours_was_ever_called_is_none(custom_id: str) -> None:
    assert read(custom_id) is None
