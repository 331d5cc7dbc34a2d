"""A server with a fault, for those who have to find it: careless_server.py FAULT prints the port it listens at.

It answers an ordinary request well, and otherwise: `trusting` takes all that comes for requests, `hoarding` keeps all that
it reads, eight times over, `single` serves one connection at a time, `toiling` computes for ever once it has seen something odd, `mortal` ends
then, `patient` speaks HTTP/2 and lets everything pass."""

import os
import socket
import sys
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
kept = []


def is_ordinary(data):
    return data.startswith(b"GET ") and b"weft-abuse" in data


def speak(connection, fault):
    data = b""
    while piece := connection.recv(65536):
        data = (data + piece)[-65536:]
        if fault == "hoarding":
            kept.append(piece * 8)
        if fault == "patient" and data.startswith(PREFACE):
            connection.sendall(b"\0\0\0\4\0\0\0\0\0")
            while connection.recv(65536):
                pass
            return
        if b"\r\n\r\n" not in data:
            continue
        odd = not is_ordinary(data)
        if odd and fault == "mortal":
            os._exit(1)
        while odd and fault == "toiling":
            pass
        connection.sendall(ANSWER * (data.count(b"\r\n\r\n") if fault == "trusting" else 1))
        if b"Connection: close" in data:
            return
        data = b""


def serve(connection, fault):
    with connection:
        try:
            speak(connection, fault)
        except OSError:
            pass


def main(fault):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        if fault == "single":
            serve(connection, fault)
        else:
            threading.Thread(target=serve, args=(connection, fault), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
