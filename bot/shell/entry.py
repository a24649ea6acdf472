"""From words to a click command, and from whatever went wrong to a sentence and an exit code."""

from __future__ import annotations

import gc
import importlib
import sys
import traceback
from collections.abc import Sequence

import click

from bot.catalog.problems import CatalogError, nearest
from bot.cli import FAILED, INTERRUPTED, VERBS, WRONG
from bot.settings import SettingsError
from storage.errors import StorageError


def run_verb(words: Sequence[str]) -> int:
    """Do what the words say; gives the exit code. Everything that people can cause is a sentence, never a trace."""
    # A catalogue of a thousand items is many small objects that stay: looking through them again and again for
    # garbage costs more than the garbage.
    gc.set_threshold(50_000, 20, 20)
    verb, *rest = words
    if verb not in VERBS:
        click.echo(f"readiness has no command {verb!r}; {nearest(verb, VERBS)}", err=True)
        return WRONG
    try:
        return int(_command(verb).main(rest, f"readiness {verb}", standalone_mode=False) or 0)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return WRONG
    except CatalogError as wrong:
        count = len(wrong.problems)
        click.echo(f"{wrong}\n{count} mistake{'s' if count > 1 else ''} in the catalogue; nothing was run.", err=True)
        return WRONG
    except SettingsError as wrong:
        click.echo(f"The environment is wrong. {wrong}", err=True)
        return WRONG
    except StorageError as reason:
        click.echo(str(reason), err=True)
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left (`| head`): nobody is there to be told.
        sys.stderr.close()
        return FAILED
    except Exception:
        from bot.shell.session import hide_secrets

        click.echo(
            f"readiness failed, and this is a fault of the program:\n{hide_secrets(traceback.format_exc())}", err=True
        )
        return FAILED


def _command(verb: str) -> click.Command:
    module = importlib.import_module(f"bot.shell.{VERBS[verb][0]}")
    found = module.command_for(verb) if hasattr(module, "command_for") else module.COMMAND
    if not isinstance(found, click.Command):
        raise TypeError(f"bot.shell.{VERBS[verb][0]} has no command for {verb}")
    return found
