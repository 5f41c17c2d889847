"""Hakken's tasks in inspect-ai (an extra): its models and agents, our sandbox and grading; its logs as attempts."""
