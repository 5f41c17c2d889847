"""Providers, by way of pydantic-ai: ``openai:gpt-5``, ``anthropic:…``, ``ollama:…`` and the others that it knows.

Only this file sees pydantic-ai's types. It retries nothing: the ledger does, where it can count and record.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import re
import threading
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from hakken.core.config import ModelSettings
from hakken.core.errors import (
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    PrerequisiteError,
    QuotaExceeded,
    RateLimited,
    UsageError,
)
from hakken.core.text import storable
from hakken.core.types import Completion, Message, Reach, Request, Usage
from hakken.models.usage import doubts, plausible_usage
from hakken.models.wire import TOO_MANY, error_for, retry_after

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model as ProvidedModel
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings as ProviderSettings

_OURS = {"anthropic", "google", "bedrock"}
"""Extras that have the same name here and there."""
_THINKING_ROOM = 4096
"""Tokens beside the answer for models that think first: their thoughts count against the limit."""
_LEAST = 16
"""Tokens: OpenAI's newer API refuses a lower limit."""
_starting = threading.Lock()
_FINISH: dict[Any, Literal["stop", "length"]] = {"stop": "stop", "length": "length"}


class ProviderModel:
    """A model of a provider."""

    def __init__(self, name: str, settings: ModelSettings, parallel: int = 4) -> None:
        """Open it.

        Raises:
            UsageError: no such provider.
            PrerequisiteError: a package or a key is missing.
        """
        self.name = name
        self.strong = settings.strong is not False
        self.parallel = parallel
        self._timeout = settings.timeout_seconds
        self._model = _infer(name)
        profile: Any = self._model.profile
        thinks = profile.get("thinking_always_enabled") or profile.get("thinking_enabled_by_default")
        # By name: importing the class would need OpenAI's client for everybody's models.
        floored = any(kind.__name__ == "OpenAIResponsesModel" for kind in type(self._model).__mro__)
        self.reach = Reach(room=_THINKING_ROOM if thinks else 0, least=_LEAST if floored else 1)
        self._native = bool(profile.get("supports_json_schema_output"))

    def generate(self, request: Request) -> Completion:
        """Answer one request."""
        seconds = min(self._timeout, request.patience or self._timeout)
        roomy = request.model_copy(update={"max_tokens": self.reach.of(request)})
        settings: ProviderSettings = {
            "max_tokens": roomy.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "timeout": seconds,
            "max_retries": 0,
        }
        messages = [_message(message) for message in request.messages]
        start = time.monotonic()
        call = self._call(messages, settings, self._parameters(request))
        future = asyncio.run_coroutine_threadsafe(call, _loop())
        try:
            # The provider's own time-out is a time-out between bytes in some clients; this one is for the whole call.
            response = future.result(seconds + 5)
        except TimeoutError as error:
            future.cancel()
            raise ModelTimeout(
                f"{self.name} did not answer in time.", "Raise models.timeout_seconds if it is slow."
            ) from error
        except Exception as error:  # The boundary: whatever a provider's client raises becomes one of our errors.
            raise translate(error, self.name) from error
        return _completion(response, roomy, time.monotonic() - start)

    async def _call(
        self, messages: list[ModelMessage], settings: ProviderSettings, parameters: ModelRequestParameters
    ) -> ModelResponse:
        from pydantic_ai.direct import model_request

        # Entered for as long as calls are under way, so that connections are closed and not left to the collector.
        async with self._model:
            return await model_request(
                self._model, messages, model_settings=settings, model_request_parameters=parameters
            )

    def _parameters(self, request: Request) -> ModelRequestParameters:
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.output import OutputObjectDefinition

        if request.json_schema is None or not self._native:
            return ModelRequestParameters()
        shape = OutputObjectDefinition(json_schema=request.json_schema, name="reply", strict=True)
        return ModelRequestParameters(output_mode="native", output_object=shape)


def translate(error: Exception, name: str) -> ModelError:
    """Our error for one of pydantic-ai's: by status where there is one, else by what failed underneath."""
    from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior, UserError

    if isinstance(error, ModelHTTPError):
        found = error_for(error.status_code, _body(error), error.headers or {}, name)
        if isinstance(found, QuotaExceeded):
            return found
        # The provider's own details say more than a status: which quota was met, and for how long.
        category = type(error).__name__
        if category.endswith("ModelQuotaExceededError"):
            return QuotaExceeded(found.message, "Add credit, or choose another model.")
        if isinstance(found, RateLimited) or category.endswith("ModelRateLimitError"):
            wait = error.retry_after if error.retry_after is not None else retry_after(error.headers or {})
            return RateLimited(found.message, TOO_MANY, wait)
        return found
    if isinstance(error, ModelAPIError):
        # Names, not classes: the finer classes came later than the oldest version that we accept.
        if "timeout" in type(error).__name__.lower() or "timed out" in str(error).lower():
            return ModelTimeout(f"{name} did not answer in time.", "Raise models.timeout_seconds if it is slow.")
        return ModelUnavailable(f"{name} cannot be reached: {_sentence(error)}")
    if isinstance(error, UnexpectedModelBehavior):
        return ModelUnavailable(f"{name} sent something that cannot be read: {_sentence(error)}")
    if isinstance(error, UserError):
        return ModelRefused(f"{name} cannot be asked this: {_sentence(error)}")
    return ModelUnavailable(f"{name} failed: {type(error).__name__}: {_sentence(error)}")


def _infer(name: str) -> ProvidedModel:
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    try:
        return infer_model(name)
    except ImportError as error:
        extra = re.search(r"pydantic-ai-slim\[([\w-]+)\]", str(error))
        wanted = extra[1] if extra else name.partition(":")[0]
        package = f"hakken[{wanted}]" if wanted in _OURS else f"pydantic-ai-slim[{wanted}]"
        raise PrerequisiteError(f"{name} needs a package that is not installed.", f"pip install '{package}'") from error
    except UserError as error:
        variable = re.search(r"`([A-Z][A-Z0-9_]+)`", str(error))
        if variable is None:
            raise UsageError(
                f"There is no model {name!r}: {_sentence(error)}", "`hakken model list` shows the forms of names."
            ) from error
        raise PrerequisiteError(
            f"{name} needs the environment variable {variable[1]}.", f"export {variable[1]}=…"
        ) from error
    except Exception as error:  # The boundary: a provider's client that cannot be set up, such as without its key.
        raise PrerequisiteError(
            f"{name} cannot be set up: {_sentence(error)}", "Check its key and address in the environment."
        ) from error


def _loop() -> asyncio.AbstractEventLoop:
    """One event loop in a thread of its own: the clients underneath are asynchronous and belong to one loop."""
    with _starting:  # a cache alone lets two first calls make two loops
        return _start_loop()


@cache
def _start_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hakken-providers", daemon=True).start()
    return loop


def _message(message: Message) -> ModelMessage:
    from pydantic_ai import messages as m

    if message.role == "assistant":
        return m.ModelResponse(parts=[m.TextPart(message.content)])
    if message.role == "system":
        return m.ModelRequest(parts=[m.SystemPromptPart(message.content)])
    images = [
        m.BinaryContent(data=path.read_bytes(), media_type=mimetypes.guess_type(path.name)[0] or "image/png")
        for path in message.images
    ]
    return m.ModelRequest(parts=[m.UserPromptPart([message.content, *images] if images else message.content)])


def _completion(response: ModelResponse, request: Request, seconds: float) -> Completion:
    text = storable(response.text or "")
    used = response.usage
    usage = plausible_usage(request, text, used.input_tokens, used.output_tokens, seconds)
    return Completion(
        text=text,
        usage=usage.model_copy(update={"usd": _price(response, usage)}),
        finish=_FINISH.get(response.finish_reason, "other"),
        model=storable(response.model_name or ""),
        note=doubts(request, text, used.input_tokens, used.output_tokens),
    )


def _price(response: ModelResponse, usage: Usage) -> float:
    """US$ by genai-prices; 0 where no price is known, as for a model on the user's own machine.

    A report that was not believed is not paid by: it is replaced by what was counted here.
    """
    from pydantic_ai.usage import RequestUsage

    counted = RequestUsage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)
    told = response.usage
    believed = (told.input_tokens, told.output_tokens) == (usage.prompt_tokens, usage.completion_tokens)
    for trusted in (response, replace(response, usage=counted)) if believed else (replace(response, usage=counted),):
        try:
            return max(0.0, float(trusted.cost().total_price))
        except (LookupError, ValueError, AssertionError):
            continue  # details that cannot be true, such as more cached tokens than tokens; or no price is known
    return 0.0


def _body(error: Any) -> str:
    try:
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("error", body)
        return json.dumps({"error": inner}) if inner else str(error.body or error)
    except TypeError:
        return str(error.body)


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())[:300] or type(error).__name__
    return text if text.endswith(".") else f"{text}."
