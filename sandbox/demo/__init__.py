"""The whole bot in a browser, without accounts or network."""
