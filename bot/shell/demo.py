"""`readiness demo`: the whole job on a small service of its own, on this machine, asking nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import shutil
import sys
from pathlib import Path

import click
from rich.text import Text

from bot.cli import FAILED, GO
from bot.demo.ports import DEFAULTS, variables
from bot.demo.rehearsal import CATALOG, ENVIRONMENT, Derailed, Rehearsal
from bot.demo.script import Script
from bot.demo.service import Service
from bot.demo.workplace import NotOurs, workplace
from bot.platforms.console.oneshot import console_for
from bot.shell.session import run_async

_FOLDER = Path("var/demo")


@click.command(
    "demo",
    help="A small service on this machine and its checklist: NO-GO with true reasons, repaired before your eyes, GO. "
    "It asks nothing, needs no network, and touches nothing outside its folder.",
)
@click.option("--keep", is_flag=True, help="Leave the service running afterwards, until Ctrl-C, to play with.")
@click.option("--fast/--slow", default=None, help="Without or with pauses to read; with, when somebody watches.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=_FOLDER, show_default=True,
    help="Where the service and its record live; emptied first.",
)  # fmt: skip
def COMMAND(keep: bool, fast: bool | None, folder: Path) -> int:  # noqa: N802 - the name that the entry looks for
    console = console_for()
    script = Script(console, slow=console.is_terminal if fast is None else not fast)
    try:
        with workplace(folder):
            return run_async(_demo(script, folder, keep))
    except (NotOurs, Derailed) as wrong:
        click.echo(str(wrong), err=True)
    except BrokenPipeError:
        raise
    except OSError as reason:
        click.echo(f"The demo cannot have what it needs of this machine: {reason.strerror or reason}.", err=True)
    return FAILED


async def _demo(script: Script, folder: Path, keep: bool) -> int:
    service = await Service.start(folder)
    try:
        _introduce(script, service)
        rehearsal = Rehearsal(script, service, sys.executable)
        outcome = await rehearsal.play()
        if not outcome.as_told:
            click.echo("The rehearsal did not go from NO-GO to GO: the reasons are in the runs above.", err=True)
            return FAILED
        _what_next(script, rehearsal, keep)
        if keep:
            with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C is how it is meant to end
                await asyncio.Event().wait()
        return GO
    finally:
        await service.stop()


def _introduce(script: Script, service: Service) -> None:
    where = service.variables()
    script.print(Text("A shop on this machine, and the checklist for it", style="bold"))
    script.line(f"HTTPS on {where['web']} with a CA of its own, a SQLite database, a queue, a name server")
    script.line(f"its checklist is {_shown(CATALOG)}; everything that it keeps is in {_shown(service.folder)}")
    if service.doors.moved:
        script.line(f"some of the ports {min(DEFAULTS.values())} to {max(DEFAULTS.values())} are taken; it uses others")


def _what_next(script: Script, rehearsal: Rehearsal, keep: bool) -> None:
    program, config = _program(), _config()
    record = f"DATABASE_URL={shlex.quote(rehearsal.database_url)} {program}"
    differing = "".join(f" --var {shlex.quote(f'{name}={value}')}" for name, value in _differing(rehearsal))
    lines = [
        (f"{record} status {ENVIRONMENT}{config}", "where everything stands, from the record of this rehearsal"),
        (f"{record} ledger verify", "prove that nobody has changed that record"),
        (f"{program} check http url=https://example.com --expect 'seconds < 1.0'", "try a check on a site of yours"),
        (
            f"cp {_shown(CATALOG) if config else 'readiness.yaml'} my.yaml",
            f"begin a checklist of your own; then {program} run demo --config my.yaml",
        ),
    ]
    if keep:
        lines[0] = (f"{record} run {ENVIRONMENT}{config}{differing}", "in another terminal: measure it again")
        if not differing:
            lines.insert(1, (f"{record} chat{config}", "talk to it; /readiness run demo"))
    script.print(Text("\nWhat to type next", style="bold"))
    for command, why in lines:
        script.command(command, why)
    if keep:
        script.print(Text("\nThe shop stays open until Ctrl-C."))
    else:
        again = (f"{program} demo --keep", "cyan")
        script.print(Text.assemble("\nThe shop is closed again; ", again, " leaves it open."))


def _differing(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    """The variables that are not as the catalogue has them."""
    usual = variables(DEFAULTS) | {"work": str((CATALOG.resolve().parent / "../../var/demo").resolve())}
    if shutil.which("python3"):
        usual["python"] = rehearsal.variables["python"]
    return [(name, value) for name, value in rehearsal.variables.items() if usual.get(name) != value]


def _program() -> str:
    """How this program can be called from here."""
    if shutil.which("readiness"):
        return "readiness"
    started = Path(sys.argv[0])
    return shlex.quote(_shown(started)) if started.name == "readiness" else f"{sys.executable} -m bot.cli"


def _config() -> str:
    """The option that names the demo's catalogue, where it is not the one in force anyway."""
    here = Path("readiness.yaml")
    return "" if here.exists() and here.resolve() == CATALOG.resolve() else f" --config {shlex.quote(str(CATALOG))}"


def _shown(path: Path) -> str:
    whole, here = path.absolute(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
