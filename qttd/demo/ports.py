"""Ports for the demonstration: the usual ones where they are free, else whichever the system gives.

A server that comes and goes has its port held meanwhile: another program that took it would get what was
meant for the ministry.
"""

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


def hold_port() -> socket.socket:
    """A socket that is bound to a free port and never listens.

    As long as it is open the system gives the port to nobody who asks for any, connections are refused, and
    a server that names the port can still have it (both sides set SO_REUSEADDR).
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((HOST, 0))
    return holder
