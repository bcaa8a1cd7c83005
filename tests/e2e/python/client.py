# SPDX-License-Identifier: MIT
#
# python-socketio, another client than the official one, against the lab: runs every check by the
# given way and prints a line of JSON for each.
#
#   client.py <url> polling|websocket|both

import json
import os
import queue
import sys

import socketio
from engineio.payload import Payload

# It takes no more packets than 16 of one poll otherwise, and leaves.
Payload.max_decode_packets = 1000

URL, WAY = sys.argv[1:]
TRANSPORTS = ['polling', 'websocket'] if WAY == 'both' else [WAY]
PATIENCE = 8
UNICODE = 'é € 中 😀 \u2028\u2029 \u0000 \\n \n "quoted"'
BYTES = bytes(range(256))


class Client(socketio.Client):
    """A client whose events wait in queues."""

    def __init__(self, *events, nsp='/', auth=None, **options):
        super().__init__(reconnection=options.pop('reconnection', False), **options)
        self.nsp, self.auth, self.inbox = nsp, auth, {}
        for event in ('connect', 'connect_error', 'disconnect', *events):
            self.hear(event)

    def hear(self, event):
        self.inbox[event] = queue.Queue()
        self.on(event, lambda *args: self.inbox[event].put(args), namespace=self.nsp)

    def next(self, event):
        try:
            return self.inbox[event].get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f'"{event}" did not come') from None

    def open(self, wait=True):
        self.connect(URL, transports=TRANSPORTS, namespaces=[self.nsp], auth=self.auth,
                     wait=wait, wait_timeout=PATIENCE)

    def say(self, event, *args):
        self.emit(event, args, namespace=self.nsp)

    def ask(self, event, *args):
        return self.call(event, args, namespace=self.nsp, timeout=PATIENCE)

    def echoed(self, *args):
        self.say('echo', *args)
        return self.next('echo')


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f'{got!r} instead of {wanted!r}'[:300])


def connect(client):
    client.open()
    same(client.next('connect'), ())
    same(client.transport(), TRANSPORTS[-1])
    who = client.ask('whoami')
    same(who, {'id': client.get_sid(), 'rooms': [client.get_sid()]})


def auth(client):
    client.hear('tick')
    client.auth = {'burst': 3}
    client.open()
    same([client.next('tick') for _ in range(3)], [(0,), (1,), (2,)])


def echo(client):
    client.open()
    args = ('text', 0, -1.5, True, None, [], {'deep': [{'er': ['x']}]})
    same(client.echoed(*args), args)


def ack_from_server(client):
    client.open()
    same(client.ask('ack', 'one'), 'one')
    same(client.ask('ack', 'two', {'b': 1}), ('two', {'b': 1}))
    same(client.ask('ack', b'\x01', [b'\x02']), (b'\x01', [b'\x02']))


def ack_from_client(client):
    client.hear('asked')
    client.on('question', lambda n: (n + 1, bytes([n])))
    client.open()
    client.say('ask', 'question', 41)
    same(client.next('asked'), (42, b'\x29'))


def nested_binary(client):
    client.open()
    tree = {'list': [BYTES, {'deep': b'\x00'}], 'none': b''}
    same(client.echoed('a', tree, 7), ('a', tree, 7))


def unicode(client):
    client.open()
    same(client.echoed(UNICODE, {UNICODE: 1}), (UNICODE, {UNICODE: 1}))


def large(client):
    client.open()
    same(client.echoed('0123456789' * 10_000), ('0123456789' * 10_000,))
    same(client.echoed(b'\xa5' * 100_000), (b'\xa5' * 100_000,))


def order(client):
    client.open()
    for i in range(300):
        client.say('echo', i)
    same([client.next('echo') for _ in range(300)], [(i,) for i in range(300)])


def namespace(client):
    inside = Client('echo', nsp='/admin', auth={'token': 'secret'})
    try:
        inside.open()
        same(inside.echoed('inside', b'\x00'), ('inside', b'\x00'))
        same(inside.ask('whoami')['id'], inside.get_sid('/admin'))
    finally:
        inside.disconnect()


def refusal(client):
    stranger = Client(nsp='/admin', auth={'token': 'wrong'})
    try:
        stranger.open(wait=False)
        refused, = stranger.next('connect_error')
        same(refused, {'message': 'unauthorized', 'data': {'code': 401}})
        same('/admin' in stranger.namespaces, False)
    finally:
        stranger.disconnect()


def server_disconnects(client):
    client.open()
    client.say('kick')
    client.next('disconnect')
    same(client.connected, False)


def client_disconnects(client):
    witness = Client('left')
    try:
        witness.open()
        client.open()
        sid = client.get_sid()
        client.disconnect()
        # It ends its threads at once: what it had to say last may not go out, and by polling it
        # may be its silence that tells.
        who = None
        while who != sid:
            who, reason = witness.next('left')
        known = ('client namespace disconnect', 'transport close', 'ping timeout')
        same(reason in known, True)
    finally:
        witness.disconnect()


def rooms(client):
    other = Client('said')
    try:
        other.open()
        other.ask('join', 'python')
        client.open()
        client.ask('say', 'python', {'to': 'the room', 'bytes': BYTES})
        same(other.next('said'), ({'to': 'the room', 'bytes': BYTES},))
    finally:
        other.disconnect()


def reconnection(_):
    client = Client('echo', reconnection=True, reconnection_delay=0.05,
                    reconnection_delay_max=0.1)
    try:
        client.open()
        client.next('connect')
        print(json.dumps({'please': 'restart'}), flush=True)
        client.next('disconnect')
        client.next('connect')
        same(client.echoed('again'), ('again',))
    finally:
        client.disconnect()


CHECKS = [connect, auth, echo, ack_from_server, ack_from_client, nested_binary, unicode, large,
          order, namespace, refusal, rooms, server_disconnects, client_disconnects, reconnection]


def failure(check):
    client = Client('echo')
    try:
        check(client)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    finally:
        client.disconnect()
    return None


for check in CHECKS:
    name = check.__name__.replace('_', ' ')
    print(json.dumps({'check': name, 'error': failure(check)}), flush=True)
print(json.dumps({'done': len(CHECKS)}), flush=True)
# Its threads may still wait for polls that they gave up.
os._exit(0)
