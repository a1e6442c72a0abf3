"""Every button as it stands in messages of long ago: its id, with its mark, means what it meant."""

from __future__ import annotations

import pytest

from bot.view.actions.base import Action as Press
from bot.view.actions.registry import BUTTONS
from bot.view.card import (
    Action,
    AuditAction,
    AuditPress,
    CaseAction,
    CasePress,
    ConfirmAction,
    DraftAction,
    DraftPress,
    GoAction,
    JobPress,
    MemberAction,
    MemberPress,
    ModelAction,
    ModelPress,
    PageMove,
    PickAction,
    ResultAction,
    TextPart,
    TextPress,
)
from tests.support.seals import SEAL

JOB = 1444000000000000123

# What a press means, its id and mark (by the key of tests/support/seals.py), and how it looks, as of 0.1.0.
OLD = [
    (JobPress(Action.CANCEL, JOB), f"job:{JOB}:cancel", "n_z7v8AOOJZk", "⏹️|Cancel|danger"),
    (JobPress(Action.AGAIN, JOB), f"job:{JOB}:again", "gIXSG8KuUEjj", "🔁|Again|primary"),
    (JobPress(Action.RETRY, JOB), f"job:{JOB}:retry", "Kg1PiNH5tcER", "🔁|Retry|primary"),
    (JobPress(Action.INFO, JOB), f"job:{JOB}:info", "pQuGR4xIXJns", "ℹ️|Info|secondary"),
    (JobPress(Action.DELETE, JOB), f"job:{JOB}:delete", "38jgjWCtFo8U", "🗑️|Delete|secondary"),
    (JobPress(Action.REPORT, JOB), f"job:{JOB}:report", "hUCZTORphuaw", "🚩|Report|secondary"),
    (JobPress(Action.LOG, JOB), f"job:{JOB}:log", "SS5ODBVUTqp4", "📜|Log|secondary"),
    (
        MemberPress(MemberAction.OLDER, 42, JOB, 3),
        f"member:42:older:{JOB}:3",
        "Wwt1eWNUm-VC",
        "▶️|Older|secondary",
    ),
    (
        MemberPress(MemberAction.NEWER, 42, JOB, 3),
        f"member:42:newer:{JOB}:3",
        "96Oo7L97Qenm",
        "◀️|Newer|secondary",
    ),
    (
        MemberPress(MemberAction.FORGET, 42, JOB, 3),
        f"member:42:forget:{JOB}:3",
        "0ZZyrLfs6i7Z",
        "🗑️|Erase it for good|danger",
    ),
    (CasePress(CaseAction.ASK, JOB), f"case:{JOB}:ask", "yJQFye2aK0eh", "🙋|Ask a moderator|primary"),
    (CasePress(CaseAction.APPROVE, JOB), f"case:{JOB}:approve", "677raoBJYdCj", "✅|Approve once|success"),
    (CasePress(CaseAction.GRANT, JOB), f"case:{JOB}:grant", "XYsiLkcaNNqv", "🎁|Grant 5 today|primary"),
    (CasePress(CaseAction.DENY, JOB), f"case:{JOB}:deny", "utXdePdippcG", "✖️|Deny|secondary"),
    (CasePress(CaseAction.BLOCK, JOB), f"case:{JOB}:block", "jnfxaC7atlVl", "⛔|Block|danger"),
    (CasePress(CaseAction.RESTORE, JOB), f"case:{JOB}:restore", "jLnWEFMd0KXm", "👁️|Restore|success"),
    (CasePress(CaseAction.DELETE, JOB), f"case:{JOB}:delete", "_9qH1hgXGYYK", "🗑️|Delete|danger"),
    (
        AuditPress(AuditAction.NEWER, 42, 1764115200, 77, 2),
        "audit:newer:42:1764115200:77:2",
        "SuE1siSaOxO7",
        "◀️|Newer|secondary",
    ),
    (
        AuditPress(AuditAction.OLDER, 42, 1764115200, 77, 2),
        "audit:older:42:1764115200:77:2",
        "35iisdkg4_TD",
        "▶️|Older|secondary",
    ),
    (
        ModelPress(ModelAction.DETAILS, slug="stabilityai/sdxl-turbo"),
        "model:details:stabilityai/sdxl-turbo",
        "mBKtgwODJ5mK",
        "🔎|Details|secondary",
    ),
    (
        ModelPress(ModelAction.RUN, slug="stabilityai/sdxl-turbo"),
        "model:run:stabilityai/sdxl-turbo",
        "sOKsHiTFtgNu",
        "▶️|Run|primary",
    ),
    (
        ModelPress(ModelAction.PAGE, page=1234, category="text-to-image", search="sta|ble: 3"),
        "model:page:1234|text-to-image|sta|ble: 3",
        "RZ-Gwbmy_9BI",
        "📄|Page 1,234|secondary",
    ),
    (
        DraftPress(DraftAction.FILL, JOB, 2, label="Fill in 3/4"),
        f"draft:{JOB}:fill:2",
        "bKDAQQSrDmKG",
        "✏️|Fill in 3/4|secondary",
    ),
    (
        DraftPress(DraftAction.RUN, JOB, 1, label="Run once more · about $0.01", is_disabled=True),
        f"draft:{JOB}:run:1",
        "3oM64e4Eu6bj",
        "▶️|Run once more · about $0.01|primary|off",
    ),
    (
        DraftPress(DraftAction.RESET, JOB, label="Start over"),
        f"draft:{JOB}:reset:0",
        "98KSojARHeGV",
        "↩️|Start over|secondary",
    ),
    (
        TextPress(JOB, TextPart.ANSWER, 4, PageMove.OPEN),
        f"text:{JOB}:answer:4:open",
        "PsGheUlCOUY9",
        "📖|Read on|secondary",
    ),
    (
        TextPress(JOB, TextPart.ANSWER, 4, PageMove.BACK),
        f"text:{JOB}:answer:4:back",
        "ijUONlSAM5xf",
        "◀️|Back|secondary",
    ),
    (
        TextPress(JOB, TextPart.ANSWER, 4, PageMove.ON),
        f"text:{JOB}:answer:4:on",
        "ELW7iNfsiL7i",
        "▶️|On|secondary",
    ),
    (
        TextPress(JOB, TextPart.THINKING, 4, PageMove.OPEN),
        f"text:{JOB}:thinking:4:open",
        "KXq8PPrtMz7I",
        "💭|Thinking|secondary",
    ),
    (
        TextPress(JOB, TextPart.THINKING, 4, PageMove.BACK),
        f"text:{JOB}:thinking:4:back",
        "7g8WMSNvFscC",
        "◀️|Back|secondary",
    ),
    (
        TextPress(JOB, TextPart.THINKING, 4, PageMove.ON),
        f"text:{JOB}:thinking:4:on",
        "JO8mT6VJHEEJ",
        "▶️|On|secondary",
    ),
    (ResultAction(PickAction.VARY, JOB, 3), f"pick:{JOB}:vary:3", "zf3V2_ixqhTH", "🎲|Vary|secondary"),
    (
        ResultAction(PickAction.UPSCALE, JOB, 3),
        f"pick:{JOB}:upscale:3",
        "QR4s4iiVQiau",
        "🔍|Upscale|secondary",
    ),
    (ResultAction(PickAction.EDIT, JOB, 3), f"pick:{JOB}:edit:3", "yi8tsVHx_WSR", "✏️|Edit prompt|secondary"),
    (
        ResultAction(PickAction.REWORD, JOB, 3),
        f"pick:{JOB}:reword:3",
        "k_LLN-43AwEe",
        "✏️|Edit prompt|secondary",
    ),
    (ResultAction(PickAction.VARY, JOB, 3, number=4), f"pick:{JOB}:vary:3", "zf3V2_ixqhTH", "|V4|secondary"),
    (
        ResultAction(PickAction.UPSCALE, JOB, 3, number=4),
        f"pick:{JOB}:upscale:3",
        "QR4s4iiVQiau",
        "|U4|secondary",
    ),
    (ConfirmAction(GoAction.VARY, JOB, 3), f"go:{JOB}:vary:3:0", "aA5LW45IR4ba", "▶️|Run|primary"),
    (
        ConfirmAction(GoAction.VARY, JOB, 3, is_private=True),
        f"go:{JOB}:vary:3:1",
        "V_iBt23xyTj_",
        "▶️|Run|primary",
    ),
    (ConfirmAction(GoAction.UPSCALE, JOB, 3), f"go:{JOB}:upscale:3:0", "jufmZqgAY28Y", "▶️|Run|primary"),
    (
        ConfirmAction(GoAction.UPSCALE, JOB, 3, is_private=True),
        f"go:{JOB}:upscale:3:1",
        "YtB5BV2p1Z7A",
        "▶️|Run|primary",
    ),
]


def press_of(custom_id: str) -> Press | None:
    for button in BUTTONS:
        match = button.__discord_ui_compiled_template__.fullmatch(custom_id)
        if match is not None:
            press: Press = button.read(match)
            return press
    return None


def drawn(press: Press) -> tuple[str, str]:
    for button in BUTTONS:
        try:
            item = button(press, SEAL).item
        except (AttributeError, KeyError):
            continue
        emoji = "" if item.emoji is None else str(item.emoji)
        off = "|off" if item.disabled else ""
        return str(item.custom_id), f"{emoji}|{item.label}|{item.style.name}{off}"
    raise AssertionError(press)


@pytest.mark.parametrize(("press", "custom_id", "mark", "look"), OLD)
def test_an_id_means_what_it_meant_and_is_written_so_again(
    press: Press, custom_id: str, mark: str, look: str
) -> None:
    marked = f"{custom_id}~{mark}"
    assert SEAL.opened(marked, None) == custom_id
    for sent in (custom_id, marked):
        read = press_of(sent)
        assert type(read) is type(press)
        assert read is not None
        assert drawn(read)[0] == marked  # a label of one message alone is not in its id
        assert read.action is press.action
    assert drawn(press) == (marked, look)


def test_every_button_is_among_them() -> None:
    found = {press.action for press, *_ in OLD}
    for actions in (
        Action,
        AuditAction,
        CaseAction,
        DraftAction,
        GoAction,
        MemberAction,
        ModelAction,
        PickAction,
    ):
        assert found >= set(actions), actions


@pytest.mark.parametrize(
    ("custom_id", "press"),
    [
        ("job:99999999999999999999:info", JobPress(Action.INFO, 2**63 - 1)),  # past all ids
        ("audit:older:0:0:0:0", AuditPress(AuditAction.OLDER, 0, 0, 0, 1)),
        ("audit:older:1:2:3:123456789", AuditPress(AuditAction.OLDER, 1, 2, 3, 123_456_789)),
        ("text:1:answer:123456:on", TextPress(1, TextPart.ANSWER, 123_456, PageMove.ON)),
        ("pick:1:vary:9999", ResultAction(PickAction.VARY, 1, 9_999)),
        ("model:details:", ModelPress(ModelAction.DETAILS)),
        ("model:page:", ModelPress(ModelAction.PAGE)),
        ("model:page:x|a|b", ModelPress(ModelAction.PAGE, category="a", search="b")),
        ("model:page:1234567|a|b", ModelPress(ModelAction.PAGE, category="a", search="b")),
        ("model:page:7", ModelPress(ModelAction.PAGE, page=7)),
        ("model:page:7|a", ModelPress(ModelAction.PAGE, page=7, category="a")),
    ],
)
def test_an_id_at_the_bounds_is_read_as_it_was(custom_id: str, press: Press) -> None:
    assert press_of(custom_id) == press


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
    assert press_of(custom_id) is None
