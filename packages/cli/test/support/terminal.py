"""Runs a program on a real pseudo-terminal: terminal.py COLUMNS ROWS PROGRAM ARGUMENT...

What it writes comes out of stdout. A line of JSON on stdin is something that a person does: {"type": "y\\n"} or {"size": [40, 12]}.
Ends with the program's exit code.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


pid, fd = pty.fork()
if pid == 0:
    resize(0, int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])

pending = b""
sources = [fd, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        got = os.read(0, 65536)
        if not got:
            sources.remove(0)
        pending += got
        *lines, pending = pending.split(b"\n")
        for line in lines:
            wish = json.loads(line)
            if "type" in wish:
                os.write(fd, wish["type"].encode())
            else:
                resize(fd, *wish["size"])
    if fd in ready:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        os.write(1, got)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
