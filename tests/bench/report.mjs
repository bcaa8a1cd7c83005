// SPDX-License-Identifier: MIT
//
// Which charts are drawn of a report.

import { servers } from './cases.mjs';
import { bars, lines } from './charts.mjs';
import { ratio } from './statistics.mjs';

const titleOf = (id) => servers.find((server) => server.id === id).title;

function seriesOf(cases, pointOf) {
	return servers
		.map(({ id, title }) => ({
			id,
			title,
			points: cases.filter(({ results }) => results[id]).map((one) => pointOf(one, results(one, id))),
		}))
		.filter(({ points }) => points.length > 1);
}
const results = (one, id) => one.results[id];

function byConnections(report, work, title, y) {
	const plain = (one) =>
		one.work === work && !one.depth && !one.busy && !one.tls && !one.rate && !one.body &&
		!one.cluster;
	const cases = report.cases.filter(plain).sort((a, b) => a.connections - b.connections);
	const series = seriesOf(cases, ({ connections }, { us }) => [connections, us.least]);
	return series.length && cases.length > 1
		? lines({ title, x: 'connections', y, series })
		: undefined;
}

const PERCENTILES = [0.5, 0.9, 0.99, 0.999, 0.9999];

function latency(report) {
	const one = report.cases.find(({ rate }) => rate);
	if (!one) return undefined;
	const series = servers
		.filter(({ id }) => one.results[id]?.curve)
		.map(({ id, title }) => ({
			id,
			title,
			points: one.results[id].curve
				.filter(([q, us]) => q <= 0.9999 && us > 0)
				.map(([q, us]) => [1 / (1 - q), us]),
		}));
	return lines({
		title: `Latency of an echo: ${one.rate} a second from ${one.connections} clients`,
		x: 'percentile',
		y: 'microseconds',
		series,
		xLabels: PERCENTILES.map((q) => [1 / (1 - q), `${Number((q * 100).toPrecision(6))} %`]),
	});
}

function memory(report) {
	const idle = report.cases.filter(({ work }) => work === 'idle');
	const groups = idle.map(({ connections, results: all }) => ({
		title: `${connections} clients`,
		bars: Object.entries(all).map(([id, { kilobytes }]) => ({
			id,
			title: titleOf(id),
			value: kilobytes.median,
			label: `${kilobytes.median.toFixed(1)} kB`,
		})),
	}));
	return groups.length
		? bars({ title: 'Memory for each idle client', x: 'kB of the server', groups })
		: undefined;
}

const barOf = (one, base) => ([id, result]) => ({
	id,
	title: titleOf(id),
	value: ratio(result, one.results[base]),
	label: `${ratio(result, one.results[base]).toFixed(2)}  (${result.us.least.toFixed(2)} us)`,
});

/** What the cases of these names cost in times of one server's. */
function inTimesOf(base, { cases }, { names, hasBar = () => true, ...about }) {
	const groups = cases
		.filter(({ id, results: all }) => names.includes(id) && all[base])
		.map((one) => ({
			title: one.id,
			bars: Object.entries(one.results)
				.filter(([id]) => hasBar(id, one))
				.map(barOf(one, base)),
		}));
	return groups.length ? bars({ ...about, groups }) : undefined;
}

const cost = (report) =>
	inTimesOf('ceiling', report, {
		names: [
			'echo 100', 'echo 100, 16 in flight', 'broadcast to 1000', 'poll 100', 'connect',
		],
		title: 'Processor time for each message, in times of the ceiling',
		x: 'raw epoll = 1',
	});

/** On a logarithmic scale: some are far away. */
const peers = (report) =>
	inTimesOf('libsio', report, {
		names: [
			'echo 100', 'echo 100, 16 in flight', 'echo 5000', 'broadcast to 1000',
			'broadcast to 5000', 'poll 100', 'connect',
		],
		hasBar: (id, { failed }) => id !== 'ceiling' && !failed[id],
		title: 'Processor time for each message, in times of libsio',
		x: 'libsio = 1; each step of the same length is the same factor',
		low: 0.3,
	});

/** { name: SVG } */
export function peerChartsOf(report) {
	const chart = peers(report);
	return chart ? { peers: chart } : {};
}

/** { name: SVG } */
export function chartsOf(report) {
	const all = {
		cost: cost(report),
		'echo-by-connections': byConnections(
			report, 'echo', 'Processor time for an echo', 'microseconds',
		),
		'broadcast-by-connections': byConnections(
			report, 'broadcast', 'Processor time for each recipient of a broadcast', 'microseconds',
		),
		'poll-by-connections': byConnections(
			report, 'poll', 'Processor time for a request of long-polling', 'microseconds',
		),
		latency: latency(report),
		memory: memory(report),
	};
	return Object.fromEntries(Object.entries(all).filter(([, chart]) => chart));
}
