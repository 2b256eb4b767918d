"""Ports for the demonstration: the usual ones where they are free, else whichever the system gives."""

import socket

HOST = "127.0.0.1"


def port_like(usual: int) -> int:
    """A port of this machine that nobody listens on now, `usual` if that is one."""
    for wanted in (usual, 0):
        with socket.socket() as probe:
            # What a demonstration before left in TIME_WAIT does not make a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"{HOST} has no free port")
