"""Types, errors, configuration and prompts. Imports nothing else of Hakken."""
