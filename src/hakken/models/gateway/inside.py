"""Runs in the box, alone: carries connections from a port of the box to the gateway's socket, and runs the command.

``python -I -S inside.py ORIGIN FOLDER COMMAND…``: ORIGIN in the command and in the environment becomes the address,
and SCRATCH the folder for temporary files, which differs from box to box. Standard library only. It ends with the
command's status, or when the file FOLDER/over appears.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_CHUNK = 65536
_LOOK = 0.2
_GRACE = 2.0
_ENDED = 75
SCRATCH = "/scratch.invalid"


def carry(source: socket.socket, target: socket.socket) -> None:
    """Copy one direction until it ends."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def connect(client: socket.socket, path: str) -> None:
    """One connection, both directions."""
    with client, socket.socket(socket.AF_UNIX) as gateway, suppress(OSError):
        gateway.connect(path)
        back = threading.Thread(target=carry, args=(gateway, client), daemon=True)
        back.start()
        carry(client, gateway)
        back.join()


def listen(server: socket.socket, path: str) -> NoReturn:
    """Accept for ever."""
    while True:
        try:
            client, _ = server.accept()
            threading.Thread(target=connect, args=(client, path), daemon=True).start()
        except (OSError, RuntimeError):
            time.sleep(_LOOK)  # no more files or threads for now: whoever uses them up must wait


def run(argv: list[str], env: dict[str, str], over: Path) -> int:
    """Run the command to its end, or to the end of the attempt."""
    child = subprocess.Popen(argv, env=env, start_new_session=True)
    while True:
        with suppress(subprocess.TimeoutExpired):
            status = child.wait(_LOOK)
            return status if status >= 0 else 128 - status
        if over.exists():
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(OSError):
                    os.killpg(child.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    child.wait(_GRACE)
            return _ENDED


def main() -> int:
    """Listen first, in a process of its own, so that the address is known; then run."""
    origin, folder, *argv = sys.argv[1:]
    server = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{server.getsockname()[1]}"
    path = str(Path(folder, "socket"))
    carrier = os.fork()  # no threads here: the end of a process with one thread is seen at once and whole
    if carrier == 0:
        listen(server, path)
    server.close()
    scratch = os.environ.get("TMPDIR", "/tmp")

    def known(text: str) -> str:
        return text.replace(origin, address).replace(SCRATCH, scratch)

    env = {name: known(value) for name, value in os.environ.items()}
    try:
        return run([known(word) for word in argv], env, Path(folder, "over"))
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
        return 127
    finally:
        os.kill(carrier, signal.SIGKILL)
        os.waitpid(carrier, 0)


if __name__ == "__main__":
    sys.exit(main())
