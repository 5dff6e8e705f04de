"""Launcher of a command that ends with the caller, even if that is killed: `python leash.py COMMAND...`.

The caller holds a pipe to the standard input. When it closes, the command and its children get SIGTERM.
"""

import os
import signal
import subprocess
import sys
import threading
import time

command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)


def end_with_the_pipe() -> None:
    os.read(0, 1)
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(command.pid, number)
        time.sleep(20)


# Ctrl-C reaches this process too, but the caller decides when to stop.
signal.signal(signal.SIGINT, signal.SIG_IGN)
threading.Thread(target=end_with_the_pipe, daemon=True).start()
sys.exit(command.wait())
