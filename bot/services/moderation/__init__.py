"""Cases: asked for, reported, decided, carried out."""
