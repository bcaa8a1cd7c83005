# SPDX-License-Identifier: MIT
"""The application of tests/bench/server on python-socketio, with uvicorn, in one process."""

import os
import socket

import socketio
import uvicorn

options = {}
if "PING_INTERVAL" in os.environ:
    options["ping_interval"] = int(os.environ["PING_INTERVAL"]) / 1000

io = socketio.AsyncServer(async_mode="asgi", **options)


@io.event
async def connect(sid, environ):
    await io.enter_room(sid, "all")


@io.event
async def echo(sid, text):
    await io.emit("echo", text, to=sid)


@io.event
async def raw(sid, text):
    await io.emit("raw", text, to=sid)


@io.event
async def ack(sid, text):
    return text


@io.event
async def binary(sid, data):
    await io.emit("binary", data, to=sid)


@io.event
async def broadcast(sid, text):
    await io.emit("broadcast", text)


@io.event
async def relay(sid, text):
    await io.emit("relay", text, room="all")


@io.event
async def join(sid, number):
    room = f"room {number}"
    await io.save_session(sid, room)
    await io.enter_room(sid, room)
    return ()


@io.event
async def say(sid, text):
    await io.emit("say", text, room=await io.get_session(sid), skip_sid=sid)
    return ()


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("READY", sockets[0].getsockname()[1], flush=True)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(os.environ.get("PORT", "0"))))
config = uvicorn.Config(
    socketio.ASGIApp(io), loop="uvloop", http="httptools", ws="auto",
    backlog=4096, lifespan="off", log_level="error", access_log=False,
)
Server(config).run(sockets=[listener])
