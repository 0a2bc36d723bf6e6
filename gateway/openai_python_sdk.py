"""Uses a gateway through the official SDK, which reads OPENAI_BASE_URL and OPENAI_API_KEY itself, and prints one JSON line per check: its name, and what the SDK made of the answer."""

import asyncio
import json
import os

import openai

client = openai.OpenAI(max_retries=0)
# The SDK puts calls together only from functions that are strict.
tools = [
    {"type": "function", "function": {"name": name, "strict": True, "parameters": {"type": "object", "properties": {}, "additionalProperties": True}}}
    for name in ("weather", "clock")
]
checks = []


def check(run):
    checks.append(run)
    return run


def say(content, model="chat"):
    return {"model": model, "messages": [{"role": "user", "content": content}]}


def spoken(answer):
    message = answer.choices[0].message
    calls = [{"id": call.id, "type": call.type, "function": {"name": call.function.name, "arguments": call.function.arguments}} for call in message.tool_calls or []]
    return {"role": message.role, "content": message.content, "finish": answer.choices[0].finish_reason, "calls": calls}


def text_of(chunk):
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


@check
def chat():
    answer = client.chat.completions.create(**say("words"))
    return {**spoken(answer), "tokens": answer.usage.total_tokens, "request_id": answer._request_id}


@check
def chat_async():
    async def run():
        async with openai.AsyncOpenAI(max_retries=0) as client:
            answer = await client.chat.completions.create(**say("words"))
            stream = await client.chat.completions.create(**say("words"), stream=True)
            return {**spoken(answer), "streamed": "".join([text_of(chunk) async for chunk in stream])}

    return asyncio.run(run())


@check
def stream():
    return {"content": "".join(text_of(chunk) for chunk in client.chat.completions.create(**say("words"), stream=True))}


@check
def stream_helper():
    with client.chat.completions.stream(**say("words")) as events:
        return spoken(events.get_final_completion())


@check
def tool_calls():
    return spoken(client.chat.completions.create(**say("words"), tools=tools))


@check
def tool_calls_streamed():
    with client.chat.completions.stream(**say("words"), tools=tools) as events:
        return spoken(events.get_final_completion())


def embedded(**how):
    return [{"index": one.index, "embedding": one.embedding} for one in client.embeddings.create(model="chat", input=["x", "y"], **how).data]


@check
def embeddings():
    return {"data": embedded()}


@check
def embeddings_float():
    return {"data": embedded(encoding_format="float")}


@check
def models():
    return {"ids": [model.id for model in client.models.list()], "one": client.models.retrieve("chat").id}


def failed(name, run):
    """A check that says how something failed; that nothing was raised when nothing was."""

    def outcome():
        so_far = []
        try:
            run(so_far)
        except openai.APIError as error:
            response = getattr(error, "response", None)
            return {
                "class": type(error).__name__,
                "is_status_error": isinstance(error, openai.APIStatusError),
                "status": getattr(error, "status_code", None),
                "code": error.code,
                "type": error.type,
                "param": error.param,
                "request_id": getattr(error, "request_id", None),
                "header": None if response is None else response.headers.get("x-request-id"),
                "retry_after": None if response is None else response.headers.get("retry-after"),
                "so_far": "".join(so_far),
            }
        return {"class": None}

    outcome.__name__ = name
    checks.append(outcome)


def chat_with(key, times=1):
    with openai.OpenAI(api_key=key, max_retries=0) as other:
        for _ in range(times):
            other.chat.completions.create(**say("words"))


def streamed(content):
    def run(so_far):
        for chunk in client.chat.completions.create(**say(content), stream=True):
            so_far.append(text_of(chunk))

    return run


def helped(content, **more):
    def run(_so_far):
        with client.chat.completions.stream(**say(content), **more) as events:
            events.get_final_completion()

    return run


failed("wrong key", lambda _: chat_with("wrong"))
failed("unknown model", lambda _: client.chat.completions.create(**say("words", "nope")))
failed("unknown url", lambda _: client.files.list())
failed("bad field", lambda _: client.chat.completions.create(**say("words"), temperature=9))
failed("limit of the gateway", lambda _: chat_with(os.environ["LIMITED_KEY"], times=2))
for status in (400, 401, 429, 500, 503):
    failed(f"upstream {status}", lambda _, status=status: client.chat.completions.create(**say(f"status {status}")))
failed("503 in place of a stream", streamed("status 503"))
failed("no upstream", lambda _: client.chat.completions.create(**say("words", "unreachable")))
failed("silence", lambda _: client.chat.completions.create(**say("silence")))
for how in ("reset", "short", "error"):
    failed(f"stream {how}", streamed(how))
    failed(f"stream helper {how}", helped(how))
    failed(f"tool calls {how}", helped(how, tools=tools))

for run in checks:
    try:
        outcome = run()
    except Exception as error:
        outcome = {"unexpected": repr(error)}
    print(json.dumps({"check": run.__name__, **outcome}))
