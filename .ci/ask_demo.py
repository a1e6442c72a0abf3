"""Start the demo as a newcomer does, ask for its page once, and end it with Ctrl-C."""

import signal
import subprocess
import sys
import tempfile
from urllib.request import urlopen

PATIENCE_S = 120  # a hang ends here; nothing is measured

with tempfile.TemporaryDirectory() as records:
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--data", records]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        first = demo.stdout.readline()
        try:
            with urlopen(first.split()[-1], timeout=PATIENCE_S) as page:
                text = page.read().decode()
            demo.send_signal(signal.SIGINT)
            rest, _ = demo.communicate(timeout=PATIENCE_S)
        finally:
            demo.kill()
if "<title>" not in text or demo.returncode != 0 or "Traceback" in rest:
    sys.exit(f"the demo did not answer as it should (exit {demo.returncode}):\n{first}{rest}\n{text[:500]}")
