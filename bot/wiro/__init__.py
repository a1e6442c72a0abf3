"""The one place that knows Wiro's wire: its signature, its answers, its socket."""
