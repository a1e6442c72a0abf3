"""What people see: cards, sentences, and the messages that carry them."""
