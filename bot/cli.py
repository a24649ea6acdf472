"""The `readiness` program. Light on purpose: its help must not wait for what a command needs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# Exit codes: 0 = GO or GO_WITH_CONDITIONS, 1 = NO_GO, 2 = the command line or the catalogue is wrong, 3 = it failed.
GO, NO_GO, WRONG, FAILED, INTERRUPTED = 0, 1, 2, 3, 130

# What can be typed first -> (module of bot.shell that has it as COMMAND, what it does). `chat` verbs come from the one
# registry of commands; a test holds their sentences against it.
VERBS: dict[str, tuple[str, str]] = {
    "run": ("chat_verbs", "Measure, judge, and say whether it may go"),
    "status": ("chat_verbs", "Show where everything stands, without measuring"),
    "show": ("chat_verbs", "Show one item: its state, its evidence, what to do"),
    "attest": ("chat_verbs", "Vouch for an item, with evidence"),
    "waive": ("chat_verbs", "Except an item for a while, with a reason"),
    "revoke": ("chat_verbs", "Take back a waiver, or somebody's word for an item"),
    "history": ("chat_verbs", "Show how it went before"),
    "mine": ("chat_verbs", "Show what waits for me, and the latest verdicts"),
    "help": ("chat_verbs", "Explain the commands"),
    "chat": ("chat", "The bot in this terminal: slash commands, numbered buttons"),
    "serve": ("serve", "The bot as a service: runs, reports, health and metrics over HTTP"),
    "check": ("check", "Try one check without a catalogue"),
    "demo": ("demo", "A small service on this machine: NO-GO, repaired before your eyes, GO"),
    "slack-manifest": ("slack_manifest", "The manifest of the Slack app, to paste into Slack"),
    "doctor": ("doctor", "What is configured, what is missing, what to do"),
    "ledger": ("ledger", "Verify or export the record of what was decided"),
    "db": ("db", "Upgrade or back up the database"),
}

_HELP = """\
Usage: readiness COMMAND [ARGUMENTS]

Finds out, with evidence, whether production is ready: GO, GO WITH CONDITIONS or NO-GO.

{verbs}

readiness COMMAND --help explains one. The checklist is readiness.yaml (or READINESS_CONFIG, or --config FILE).
Exit codes: 0 GO or GO WITH CONDITIONS, 1 NO-GO, 2 the command line or the catalogue is wrong, 3 the program failed.
"""


def help_text() -> str:
    """What `readiness --help` prints."""
    width = max(map(len, VERBS)) + 2
    return _HELP.format(verbs="\n".join(f"  {verb:{width}}{summary}" for verb, (_, summary) in VERBS.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in ([], ["--help"], ["-h"]):
        sys.stdout.write(help_text())
        return GO if words else WRONG
    if words == ["--version"]:
        from importlib.metadata import version

        sys.stdout.write(f"readiness {version('readiness')}\n")
        return GO
    import gc

    from bot.shell.entry import run_verb

    code = run_verb(words)
    gc.freeze()  # the process ends here: nobody needs to look for garbage among what it leaves
    return code


if __name__ == "__main__":
    sys.exit(main())
