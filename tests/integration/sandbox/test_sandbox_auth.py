"""Signatures, key-only projects and the words of a refused door."""

import pytest

from sandbox.wiro.accounts import Account

BODY = {"tasktoken": "nobody"}
VECTOR = "33975d8f995d36a60ec6178465f27a95fcdd4ac36669cc0b13318bb21bd1b9af"


def refusal(answer):
    assert answer["result"] is False
    [error] = answer["errors"]
    assert isinstance(error["time"], int)
    return error["code"], error["message"]


@pytest.mark.parametrize("signature", [VECTOR, VECTOR.upper()])
async def test_the_published_vector_is_let_in_as_often_as_it_likes(connect, signature):
    wire = await connect()
    headers = {"x-api-key": "smoke-key", "x-nonce": "1734513807", "x-signature": signature}
    for _ in range(2):
        status, answer = await wire.post("Tool/List", {}, headers=headers)
        assert (status, answer["result"]) == (200, True)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Project authorization is not founded."),
        ({"x-api-key": "other"}, "Project authorization is not founded."),
        (
            {"x-api-key": "smoke-key"},
            "Project requires signature authentication. x-signature and x-nonce headers are required.",
        ),
        (
            {"x-api-key": "smoke-key", "x-nonce": "1734513808", "x-signature": VECTOR},
            "Project authorization is not valid.",
        ),
        (
            {"x-api-key": "smoke-key", "x-nonce": "1", "x-signature": "z\u00fc"},
            "Project authorization is not valid.",
        ),
    ],
)
async def test_a_wrong_door_key_is_answered_401_in_wiros_words(connect, headers, message):
    wire = await connect()
    status, answer = await wire.post("Task/Detail", BODY, headers=headers)
    assert status == 401
    assert refusal(answer) == (0, message)


async def test_key_and_secret_in_swapped_roles_are_refused(connect):
    """The key keys the HMAC; the other way round is a mistake some clients make."""
    wire = await connect()
    swapped = wire.headers("5", key="smoke-secret", secret="smoke-key") | {"x-api-key": "smoke-key"}
    status, _ = await wire.post("Task/Detail", BODY, headers=swapped)
    assert status == 401


async def test_a_key_only_project_needs_no_signature_and_ignores_one(connect):
    wire = await connect(accounts=[Account("lonely-key")])
    for extra in ({}, {"x-nonce": "1", "x-signature": "nonsense"}):
        status, answer = await wire.post("Tool/List", {}, headers={"x-api-key": "lonely-key", **extra})
        assert (status, answer["result"]) == (200, True)


@pytest.mark.parametrize("path", ["Task/Nothing", "Run/onlyowner", "run/a/b", "", "Run/a/b/sync"])
async def test_an_unknown_path_is_404(connect, path):
    wire = await connect()
    status, answer = await wire.post(path, {})
    assert status == 404
    assert refusal(answer) == (0, "Error parsing url.")


async def test_a_task_of_another_project_is_out_of_reach(connect):
    wire = await connect(accounts=[Account("smoke-key", "smoke-secret"), Account("neighbour")])
    task_id, token = await wire.run()
    neighbour = {"x-api-key": "neighbour"}
    _, answer = await wire.post("Task/Detail", {"tasktoken": token}, headers=neighbour)
    assert refusal(answer) == (1, "There is no task yet.")
    _, answer = await wire.post("Task/Kill", {"taskid": task_id}, headers=neighbour)
    assert refusal(answer) == (0, "You don't have any permission for this action.")
    _, answer = await wire.post("Task/List", {}, headers=neighbour)
    assert answer["tasklist"] == []


async def test_the_log_keeps_what_was_asked_and_no_secret(connect):
    wire = await connect()
    await wire.run("a quiet harbour")
    [entry] = wire.sandbox.ledger.requests_to("Run/")
    assert entry.fields["prompt"] == "a quiet harbour"
    assert entry.headers["x-nonce"]
    assert entry.had_credentials
    text = repr(wire.sandbox.ledger.requests) + repr(wire.sandbox.ledger.tasks)
    assert "smoke-key" not in text
    assert "smoke-secret" not in text
