"""What moderators decide: rules, cases, and the audit log."""
