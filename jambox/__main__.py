"""`python -m jambox`: the same as the `jambox` command."""

from jambox.cli.main import run

run()
