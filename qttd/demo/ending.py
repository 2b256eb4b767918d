"""Ending a process that the demonstration started: kindly, and after a while not."""

import subprocess


def end_process(process: subprocess.Popen[bytes], seconds: float) -> int:
    """SIGTERM, and after so many seconds SIGKILL; its exit code."""
    process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
