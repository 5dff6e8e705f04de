"""Run a command that ends with whoever started it, also if they are killed: `python leash.py COMMAND...`.

Our standard input is a pipe that they hold. When it closes, the command and all that it started get SIGTERM.
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


# Ctrl-C reaches us too, but it is for the pipe's other end to decide.
signal.signal(signal.SIGINT, signal.SIG_IGN)
threading.Thread(target=end_with_the_pipe, daemon=True).start()
sys.exit(command.wait())
