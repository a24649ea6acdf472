"""`readiness slack-manifest`: what to paste into Slack."""

from __future__ import annotations

import json

import click

from bot.cli import GO
from bot.commands.registry import families
from bot.platforms.slack.manifest import SCOPES, manifest


@click.command(
    "slack-manifest",
    help="Print the manifest of the Slack app. In Slack: Create New App, From a manifest, JSON; then install it.\n\n"
    "For example: readiness slack-manifest > manifest.json",
)
@click.option("--http", metavar="URL", help="The bot's public address, when it is not to use Socket Mode.")
@click.option("--scopes", is_flag=True, help="Explain each scope instead.")
def COMMAND(http: str | None, scopes: bool) -> int:  # noqa: N802 - the name that the entry looks for
    if scopes:
        for scope, why in SCOPES.items():
            click.echo(f"{scope:18} {why}")
    else:
        click.echo(json.dumps(manifest(families(), http), indent=2))
    return GO
