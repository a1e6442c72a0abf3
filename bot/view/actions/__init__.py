"""Buttons: what pressing one means, and the id that carries it."""
