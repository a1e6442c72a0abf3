"""Slash commands: each parses, calls one service, answers."""
