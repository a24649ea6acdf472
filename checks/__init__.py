"""Measuring: what can be asked of a service, and whether the answer is what was expected.

Knows nothing of the bot, its catalogue or its records. Start at `model`, then `runner`.
"""
