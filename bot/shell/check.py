"""`readiness check`: one check, tried out, without a catalogue and without a record."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click

from bot.cards.check import check_card, kinds_card
from bot.cli import GO, NO_GO
from bot.platforms.console.oneshot import console_for, show
from bot.platforms.console.render import render
from bot.shell.session import run_async
from checks.durations import parse_duration
from checks.expansion import expand, presets
from checks.model import Check, Context, Outcome, Result
from checks.redaction import Redactor
from checks.registry import build_check, kinds
from checks.runner import Limits, Runner
from checks.transport import Connections


@click.command(
    "check",
    help="Try one check without a catalogue: KIND is a kind or a preset, its parameters are given as key=value "
    "(lists and mappings as JSON). ${NAME} in a value is taken from the environment and never shown.\n\n"
    "For example: readiness check http url=https://example.com --expect 'status == 200' --expect 'seconds < 1.0'",
)
@click.argument("kind", required=False)
@click.argument("parameters", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--expect", multiple=True, metavar="CEL", help="What must hold over the facts; may be given several times."
)
@click.option("--warn", multiple=True, metavar="CEL", help="What should hold; a warning when it does not.")
@click.option("--timeout", default="10s", show_default=True, help="How long it may take.")
@click.option(
    "--retries", default=0, show_default=True, type=click.IntRange(0, 10), help="Further tries when it is not well."
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def COMMAND(  # noqa: N802 - the name that the entry looks for
    kind: str | None, parameters: tuple[str, ...], expect: tuple[str, ...], warn: tuple[str, ...],
    timeout: str, retries: int, form: str,
) -> int:  # fmt: skip
    if kind is None:
        summaries = {name: preset.summary for name, preset in presets().items()}
        show(console_for(), render(kinds_card({name: found.summary for name, found in kinds().items()}, summaries)))
        return GO
    secrets: set[str] = set()
    written = _written(kind, parameters, secrets)
    for key, texts in (("expect", expect), ("warn", warn)):
        if texts:
            written[key] = list(texts)
    check, seconds = _build(written), _seconds(timeout)
    result = run_async(_measure(check, Limits(timeout=seconds, retries=retries), Redactor(secrets)))
    if form == "json":
        click.echo(json.dumps(_as_json(kind, result), indent=2, ensure_ascii=False))
    else:
        show(console_for(), render(check_card(kind, result, check.kind.facts)))
    return GO if result.outcome in (Outcome.PASS, Outcome.WARN) else NO_GO


def _written(kind: str, parameters: tuple[str, ...], secrets: set[str]) -> dict[str, Any]:
    written: dict[str, Any] = {"preset" if kind in presets() and kind not in kinds() else "kind": kind}
    if kind in kinds() and kinds()[kind].catalogue_only:
        raise click.UsageError(f"A check of kind {kind} may only come from a catalogue that somebody has reviewed.")
    for parameter in parameters:
        key, equals, text = parameter.partition("=")
        if not equals:
            raise click.UsageError(f"{parameter!r} is not KEY=VALUE.")
        written[key] = _value(text, secrets)
    return written


def _value(text: str, secrets: set[str]) -> Any:
    if text.startswith("${") and text.endswith("}"):
        value = os.environ.get(text[2:-1])
        if not value:
            raise click.UsageError(f"The secret {text[2:-1]} is not set.")
        secrets.add(value)
        return value
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    return text


def _build(written: dict[str, Any]) -> Check:
    try:
        if "preset" in written:
            written, _ = expand(written)
        return build_check(written)
    except ExceptionGroup as group:
        raise click.UsageError("; ".join(str(mistake) for mistake in group.exceptions)) from None


def _seconds(timeout: str) -> float:
    try:
        return parse_duration(timeout).total_seconds()
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--timeout") from None


async def _measure(check: Check, limits: Limits, redactor: Redactor) -> Result:
    connections = Connections()
    context = Context(limits.timeout, connections, Path.cwd(), dict(os.environ))
    try:
        if check.host:
            connections.warm()
        async with asyncio.timeout(limits.run):
            return await Runner(limits, context, redactor).check(check)
    finally:
        await connections.aclose()


def _as_json(kind: str, result: Result) -> dict[str, Any]:
    return {
        "kind": kind, "outcome": result.outcome.value, "summary": result.summary,
        "seconds": round(result.seconds, 4), "attempts": result.attempts, "facts": dict(result.facts),
    }  # fmt: skip
