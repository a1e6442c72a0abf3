"""Logs, meters, metrics and health."""
