"""Procedures that ship with the program."""
