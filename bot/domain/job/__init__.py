"""One request on its way: stages, events, its task, its place in the ledger, its outputs."""
