"""`python -m jambox`: the same as the `jambox` command."""

from jambox.cli.run import run

run()
