"""What the process itself needs: its end, its waits, its memory."""
