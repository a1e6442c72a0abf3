"""True answers of every endpoint of Wiro, to be spoilt, and what must never be seen of them."""

from __future__ import annotations

from typing import Any

KEY, SECRET, TOKEN = "fuzz-key-canary", "fuzz-secret-canary", "fuzz-token-canary"

RUN: dict[str, Any] = {"errors": [], "taskid": "2221", "socketaccesstoken": TOKEN, "result": True}
NO: dict[str, Any] = {"result": False, "errors": [{"code": 97, "message": f"no funds for {KEY}", "time": 1}]}
PICTURE: dict[str, Any] = {
    "id": "0" * 32,
    "name": "0.png",
    "contenttype": "image/png",
    "size": "202472",
    "url": "https://cdn1.wiro.ai/a-b/0.png",
}
TALK: dict[str, Any] = {
    "contenttype": "raw",
    "content": {"prompt": "a fox", "raw": "a red fox", "thinking": ["hm"], "answer": ["a red fox"]},
}
TASK: dict[str, Any] = {
    "id": "2221",
    "socketaccesstoken": TOKEN,
    "parameters": {"prompt": "a fox", "seed": "42", "steps": 28, "tags": ["a"]},
    "debugoutput": "",
    "debugerror": f"failed for {KEY} with {SECRET} on {TOKEN}",
    "createtime": "1734513807",
    "endtime": "1734513813",
    "elapsedseconds": "6.0000",
    "status": "task_postprocess_end",
    "cps": "0.000585000000",
    "totalcost": "0.003510000000",
    "pexit": "0",
    "outputs": [PICTURE, TALK],
}
DETAIL: dict[str, Any] = {"total": "1", "errors": [], "tasklist": [TASK], "result": True}
FAILED: dict[str, Any] = DETAIL | {"tasklist": [TASK | {"pexit": "1", "outputs": []}]}
LIST: dict[str, Any] = DETAIL | {
    "total": "2",
    "tasklist": [TASK, TASK | {"id": "2220", "status": "task_start"}],
}
TOOL: dict[str, Any] = {
    "id": "7",
    "title": "A model",
    "slugowner": "owner",
    "slugproject": "a.model",
    "cleanslugowner": "owner",
    "cleanslugproject": "a-model",
    "description": "draws",
    "computingtime": "10 seconds",
    "categories": '["tool"]',
    "dynamicprice": '[{"inputs": {"steps": "28"}, "price": 0.03, "priceMethod": "cpr"}]',
    "cps": "0.000585000000",
    "approximatelycost": "0.003510000000",
    "taskstat": {"runcount": 5, "successcount": "5", "errorcount": "0", "lastruntime": "6.1"},
    "parameters": [
        {
            "title": "Options",
            "items": [
                {"id": "prompt", "type": "textarea", "label": "Prompt", "required": True, "options": []},
                {
                    "id": "steps",
                    "type": "number",
                    "label": "Steps",
                    "required": False,
                    "default": 28,
                    "defaultvalue": "28",
                    "min": 1,
                    "max": 100,
                    "minvalue": "1",
                    "maxvalue": "100",
                    "step": 1,
                    "incrementby": "1",
                    "options": [{"value": "28", "label": "usual"}],
                },
            ],
        }
    ],
}
TOOLS: dict[str, Any] = {"total": "1", "errors": [], "tool": [TOOL], "result": True}
STORED: dict[str, Any] = {
    "result": True,
    "errors": [],
    "list": [{"id": "f-1", "name": "input", "url": "https://cdn1.wiro.ai/f-1"}],
}
CANCELLED: dict[str, Any] = {"result": True, "errors": []}

FRAMES: list[dict[str, Any]] = [
    {"type": "connected", "version": "1.0"},
    {"type": "task_queue", "id": "2221", "tasktoken": TOKEN, "message": None, "result": True},
    {"type": "task_start", "id": "2221", "tasktoken": TOKEN, "message": None},
    {
        "type": "task_output",
        "id": "2221",
        "tasktoken": TOKEN,
        "message": {"type": "progressGenerate", "percentage": "60", "stepCurrent": "6", "stepTotal": "10"},
    },
    {"type": "task_output", "id": "2221", "tasktoken": TOKEN, "message": "Loading…"},
    {
        "type": "task_output",
        "id": "2221",
        "tasktoken": TOKEN,
        "message": {"raw": "a", "thinking": [], "answer": ["a red fox"], "isThinking": False},
    },
    {"type": "task_error", "id": "2221", "tasktoken": TOKEN, "message": f"stderr {KEY}"},
    {"type": "task_end", "id": "2221", "tasktoken": TOKEN, "message": None},
    {"type": "task_postprocess_end", "id": "2221", "tasktoken": TOKEN, "message": [PICTURE]},
]
