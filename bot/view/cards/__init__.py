"""What one message shows about one thing: pure, from values of the domain to a card."""
