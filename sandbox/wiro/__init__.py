"""A stand-in of the Wiro service: REST, sockets, downloads, faults."""
