"""Language models: one typed call, any provider, the local model, scripted ones; ledger, cache, budget."""
