"""Stand-ins of the services that the bot speaks to, and the demo made of them; not in the image."""
