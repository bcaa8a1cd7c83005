// SPDX-License-Identifier: MIT
//
// All tables: those on which the two servers agree, and those on which they differ on purpose.

import * as cors from './cors.mjs';
import * as differencesData from './differences-data.mjs';
import * as differencesDeliveries from './differences-deliveries.mjs';
import * as differencesEdges from './differences-edges.mjs';
import * as differencesFrames from './differences-frames.mjs';
import * as differencesHandshakes from './differences-handshakes.mjs';
import * as differencesHttp from './differences-http.mjs';
import * as differencesMsgpack from './differences-msgpack.mjs';
import * as differencesSessions from './differences-sessions.mjs';
import * as files from './files.mjs';
import * as frames from './frames.mjs';
import * as handshakes from './handshakes.mjs';
import * as hooks from './hooks.mjs';
import * as malformed from './malformed.mjs';
import * as options from './options.mjs';
import * as polling from './polling.mjs';
import * as pollingEnds from './polling-ends.mjs';
import * as refusals from './refusals.mjs';
import * as shutdown from './shutdown.mjs';
import * as socketio from './socketio.mjs';
import * as upgrades from './upgrades.mjs';
import * as version3 from './version3.mjs';
import * as version3Payloads from './version3-payloads.mjs';
import * as websocket from './websocket.mjs';

const tables = (modules) => modules.map(({ table }) => table);

export const equal = tables([
	refusals,
	handshakes,
	polling,
	pollingEnds,
	websocket,
	frames,
	upgrades,
	cors,
	files,
	hooks,
	options,
	version3,
	version3Payloads,
	socketio,
	malformed,
	shutdown,
]);
export const different = tables([
	differencesHandshakes,
	differencesHttp,
	differencesData,
	differencesSessions,
	differencesDeliveries,
	differencesEdges,
	differencesFrames,
	differencesMsgpack,
]);
