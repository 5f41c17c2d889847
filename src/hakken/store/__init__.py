"""The event log, its projections, content-addressed artifacts, and run folders."""

from hakken.store.artifacts import Artifacts
from hakken.store.folder import RunFolder, list_runs, new_run_folder, next_run_folder, unfinished_run
from hakken.store.store import Store

__all__ = ["Artifacts", "RunFolder", "Store", "list_runs", "new_run_folder", "next_run_folder", "unfinished_run"]
