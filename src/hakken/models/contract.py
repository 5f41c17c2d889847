"""What every model must do: subclass and give it a model, in an adapter's own tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hakken.core.types import Completion, Message, Model, Request


class ModelContract:
    """Test methods for any ``Model``; ``make_model`` returns one that answers without failing."""

    def make_model(self) -> Model:
        """Open the model under test."""
        raise NotImplementedError

    def ask(self, **fields: object) -> Request:
        """A request that every model can answer."""
        messages = (Message(role="system", content="Be brief."), Message(role="user", content="Name one colour."))
        return Request.model_validate({"messages": messages, "max_tokens": 16, "temperature": 0.0, **fields})

    def test_it_says_what_it_is(self) -> None:
        """Its name, its strength and its width are there before any call."""
        model = self.make_model()
        assert isinstance(model.name, str)
        assert model.name
        assert isinstance(model.strong, bool)
        assert model.parallel >= 1

    def test_it_answers_with_text_and_usage(self) -> None:
        """A completion has text, counts one call, and tokens of both kinds."""
        completion = self.make_model().generate(self.ask())
        assert isinstance(completion, Completion)
        assert completion.text.strip()
        assert completion.usage.calls == 1
        assert completion.usage.prompt_tokens > 0
        assert completion.usage.completion_tokens > 0

    def test_it_is_safe_to_call_from_threads(self) -> None:
        """As many calls at once as it says it answers, and twice as many waiting."""
        model = self.make_model()
        requests = [self.ask(sample=index) for index in range(3 * min(model.parallel, 4))]
        with ThreadPoolExecutor(len(requests)) as pool:
            assert all(completion.text for completion in pool.map(model.generate, requests))
