"""The Wiro API: REST, sockets, and the spellings of both."""
