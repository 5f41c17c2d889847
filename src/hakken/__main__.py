"""``python -m hakken`` is the ``hakken`` command."""

from hakken.cli import main

if __name__ == "__main__":
    main()
