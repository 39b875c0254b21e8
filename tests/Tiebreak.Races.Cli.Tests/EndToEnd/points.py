"""Adds points to an account over PostgreSQL's own protocol: Python's standard library has no driver.

    python3 points.py 5          what was read is written back with 5 more
    python3 points.py 5 version  the same, unless somebody came in between: then exit code 75
"""

import os
import socket
import struct
import sys

# Its output is compared: it must not depend on what else is set.
stream = socket.create_connection((os.environ["PGHOST"], int(os.environ["PGPORT"])))
reader = stream.makefile("rb")


def receive():
    kind, length = struct.unpack("!ci", reader.read(5))
    return kind, reader.read(length - 4)


def ask(sql):
    """The rows of one statement, each a list of texts; the command's tag where it has none."""
    query = sql.encode() + b"\0"
    stream.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
    return answer()


def answer():
    rows, tag = [], ""
    while True:
        kind, body = receive()
        if kind == b"D":
            fields, place = [], 2
            for _ in range(struct.unpack("!h", body[:2])[0]):
                (length,) = struct.unpack("!i", body[place:place + 4])
                fields.append(body[place + 4:place + 4 + length].decode())
                place += 4 + length
            rows.append(fields)
        elif kind == b"C":
            tag = body[:-1].decode()
        elif kind == b"R" and body == b"\0\0\0\3":
            password = os.environ["PGPASSWORD"].encode() + b"\0"
            stream.sendall(b"p" + struct.pack("!i", len(password) + 4) + password)
        elif kind == b"E":
            sys.exit("PostgreSQL says: " + body.replace(b"\0", b" ").decode())
        elif kind == b"Z":
            return rows or tag


start = struct.pack("!i", 196608) + b"user\0" + os.environ["PGUSER"].encode() + b"\0database\0" + os.environ["PGDATABASE"].encode() + b"\0\0"
stream.sendall(struct.pack("!i", len(start) + 4) + start)
answer()

added = int(sys.argv[1])
ask("BEGIN")
points, version = map(int, ask("SELECT points, version FROM account WHERE id = 1")[0])
unchanged = f" AND version = {version}" if "version" in sys.argv else ""
tag = ask(f"UPDATE account SET points = {points + added}, version = {version + 1} WHERE id = 1{unchanged}")
if tag == "UPDATE 0":
    ask("ROLLBACK")
    sys.exit(75)
ask("COMMIT")
print(f"earned {added}")
