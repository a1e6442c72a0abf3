"""What the bot promises about speed and memory, each figure beside its floor in the same run."""
