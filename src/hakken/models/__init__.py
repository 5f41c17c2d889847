"""Language models: one typed call, any provider, the local model, scripted ones; ledger, cache, budget."""

from hakken.models.conversation import Question, Reply
from hakken.models.ledger import Ledger
from hakken.models.registry import open_model, open_models

__all__ = ["Ledger", "Question", "Reply", "open_model", "open_models"]
