"""Buttons that work for ever: all they need to know stands in their custom ids."""
