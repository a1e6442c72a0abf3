"""From a request to its delivered result, over restarts."""
