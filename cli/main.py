"""The `dondoc` command. Everyday commands import neither Prefect nor Apprise until they need them."""

from __future__ import annotations

import sys

import typer

from . import accounts, audit, config_commands, deeds, demo, draft, export, look, running, simulate

app = typer.Typer(
    name="dondoc",
    help="Đôn đốc: chạy kế hoạch như quy trình và đôn đốc đến khi mọi đơn vị báo cáo.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (running, config_commands, draft, look, simulate, deeds, audit, demo, export, accounts):
    module.add_to(app)


def run() -> None:
    """The entry point; a closed pipe is not an error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    run()
