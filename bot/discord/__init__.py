"""The Discord client and what it needs of discord.py."""
