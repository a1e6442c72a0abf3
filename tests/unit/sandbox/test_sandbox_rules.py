"""The pure parts of the stand-in: signatures, order of faults, prices and independence."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.wiro.accounts import Account, Wallet, signature
from sandbox.wiro.answers import ApiError
from sandbox.wiro.fault_script import FaultScript
from sandbox.wiro.faults import BUSY, FailTask, SilentSocket, StderrNoise
from sandbox.wiro.pace import Pace

SANDBOX = Path(__file__).parents[3] / "sandbox"


def test_the_published_signature_vector():
    account = Account("smoke-key", "smoke-secret")
    expected = "33975d8f995d36a60ec6178465f27a95fcdd4ac36669cc0b13318bb21bd1b9af"
    assert signature(account, "1734513807") == expected
    assert "smoke-secret" not in repr(account)


FILES = sorted(file for folder in ("wiro", "discord") for file in SANDBOX.glob(f"{folder}/*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_stand_ins_know_nothing_of_the_bot(file):
    """Else they would agree with the clients' mistakes."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            assert not {str(name).split(".")[0] for name in names} & {"bot", "cogs", "discord"}


def test_a_rule_strikes_from_its_nth_match_as_often_as_asked():
    script = FaultScript().add(FailTask(), prompt="fox", nth=2, times=2)
    matches = [
        bool(script.for_task("Run/a/b", prompt, "a/b")) for prompt in ("fox", "cat", "fox", "fox", "fox")
    ]
    assert matches == [False, False, True, True, False]


def test_each_kind_of_fault_waits_for_its_own_occasion():
    script = FaultScript().add(BUSY).add(FailTask()).add(SilentSocket()).add(StderrNoise(), times=None)
    assert script.for_socket() == (SilentSocket(),)
    assert script.for_request("Run/a/b", "", "a/b") == (BUSY,)
    assert script.for_task("Run/a/b", "", "a/b") == (FailTask(), StderrNoise())
    assert script.for_task("Run/a/b", "", "a/b") == (StderrNoise(),)


@pytest.mark.parametrize(
    ("balance", "allowed"), [("0.50", 1), ("19.99", 1), ("50", 5), ("250", 25), ("250.01", 10_000)]
)
def test_a_balance_allows_a_tenth_of_itself_at_once(balance, allowed):
    wallet = Wallet(balance=Decimal(balance), max_running=None)
    wallet.check(allowed - 1)
    if allowed < 10_000:
        with pytest.raises(ApiError, match="concurrent task limit") as caught:
            wallet.check(allowed)
        assert caught.value.code == 96


def test_a_negative_pace_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Pace(run_s=-1)
