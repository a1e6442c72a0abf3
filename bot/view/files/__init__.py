"""Files in and out: fetched, checked, made to fit, named, and put together."""
