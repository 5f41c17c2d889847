"""Types, errors, configuration, plug-ins and prompts. Imports nothing else of Hakken."""
