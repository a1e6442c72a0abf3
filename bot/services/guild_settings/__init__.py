"""What each server has set: limits, rules, its log channel."""
