// SPDX-License-Identifier: MIT
//
// Two certificates for this machine, each signed by itself, and how to see which one is shown.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { pathOf, startServer } from './server.mjs';
import { PATIENCE, within } from './wait.mjs';

function pair(name) {
	const paths = [`${name}cert.pem`, `${name}key.pem`].map((file) =>
		pathOf(`tests/e2e/support/tls/${file}`),
	);
	const [cert, key] = paths.map((path) => readFileSync(path));
	return { paths, cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}

/** Of different kinds: the first is of an elliptic curve, the other RSA. */
export const [FIRST, RENEWED] = [pair(''), pair('renewed-')];

export const TLS = { TLS_CERT: FIRST.paths[0], TLS_KEY: FIRST.paths[1] };
export const ca = FIRST.cert;

export async function startSecureServer(env = {}) {
	const server = await startServer({ ...TLS, ...env });
	server.url = `https://${server.host}`;
	return server;
}

/** The fingerprint of what a newcomer is shown, who may name the host that he wants. */
export async function shown(server, servername) {
	const { port } = server;
	const socket = tls.connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
	try {
		await within(PATIENCE, once(socket, 'secureConnect'), 'the handshake of TLS');
		return socket.getPeerCertificate().fingerprint256;
	} finally {
		socket.destroy();
	}
}

/** One HTTPS request by `agent`; tells whether its connection was there before. */
export function request(server, agent, { method = 'GET', path, body }) {
	const answered = new Promise((done, fail) => {
		const target = { host: '127.0.0.1', port: server.port, path, method, agent };
		const asked = https.request(target, (response) => {
			const { fingerprint256: fingerprint } = response.socket.getPeerCertificate();
			let text = '';
			response.setEncoding('utf8').on('data', (piece) => (text += piece));
			response.once('end', () => {
				const { statusCode: status } = response;
				done({ status, body: text, reused: asked.reusedSocket, fingerprint });
			});
		});
		asked.once('error', fail).end(body);
	});
	return within(PATIENCE, answered, `the answer to ${method} ${path}`);
}
