"""Laid beside a repository's code for one run, in the sandbox: Python imports it first."""

import hakken_capture

hakken_capture.watch()
