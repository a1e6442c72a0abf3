"""Stand-ins for what the bot talks to: a Wiro server with a painter, and a page that plays Discord."""
