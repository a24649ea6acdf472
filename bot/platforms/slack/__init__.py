"""Slack: cards as Block Kit, commands from slash commands, buttons and forms; the SDK stays in this folder."""
