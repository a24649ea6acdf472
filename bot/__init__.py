"""Readiness: the bot that a team trusts on launch day."""
