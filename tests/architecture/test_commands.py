"""The words of the command line, the registry and the help agree."""

from __future__ import annotations

import importlib

import pytest

from bot.cli import VERBS, help_text
from bot.commands.grammar import parse
from bot.commands.model import Command
from bot.commands.registry import commands

ALL = list(commands().values())


def words(command: Command) -> str:
    return command.words


def test_the_sentences_of_the_command_line_are_those_of_the_registry() -> None:
    typed = {verb: summary for verb, (module, summary) in VERBS.items() if module == "chat_verbs"}
    assert typed == {command.verb: command.summary for command in ALL if command.family == "readiness"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_leads_to_a_module_that_has_it(verb: str) -> None:
    module = importlib.import_module(f"bot.shell.{VERBS[verb][0]}")
    assert hasattr(module, "command_for") or hasattr(module, "COMMAND")


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_names_every_verb_with_its_sentence(verb: str) -> None:
    assert f"  {verb} " in help_text()
    assert VERBS[verb][1] in help_text()


@pytest.mark.parametrize("command", ALL, ids=words)
def test_every_command_has_an_example_that_is_a_whole_command(command: Command) -> None:
    parsed = parse(command.example)
    assert parsed.command is command
    assert parsed.missing == ()


@pytest.mark.parametrize("command", ALL, ids=words)
def test_every_command_and_parameter_is_explained(command: Command) -> None:
    assert command.summary
    assert not command.summary.endswith(".")
    assert all(parameter.help for parameter in command.parameters)


@pytest.mark.parametrize("command", ALL, ids=words)
def test_parameters_have_the_names_of_the_design(command: Command) -> None:
    names = "env item reason until evidence note at release role decision runbook drill speed only format command took"
    assert {parameter.name for parameter in command.parameters} <= set(names.split())
