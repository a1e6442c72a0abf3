"""The Wiro Discord bot: prompts in, pictures out, honest books."""
