// SPDX-License-Identifier: MIT
//
// From repeated measurements to the figures that are printed.

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const figures = (values) => ({
	least: Math.min(...values),
	median: median(values),
	most: Math.max(...values),
});

/** Of each broadcast one client is where it is said, and all others are at the other server. */
function summarizeCluster(runs) {
	const broadcasts = (run) => run.messages / run.connections;
	const heard = (run) => broadcasts(run) * (run.connections - 1);
	return {
		runs: runs.length,
		publishing: figures(runs.map((run) => run.cpu_ns / broadcasts(run) / 1000)),
		receiving: figures(runs.map((run) => run.far_cpu_ns / heard(run) / 1000)),
		perSecond: figures(runs.map((run) => (run.messages * 1e9) / run.ns)),
		machineBusy: median(runs.map((run) => run.machineBusy)),
	};
}

/** runs: what bench-load printed, each time, of one server and one case. */
export function summarize(runs, { per = 1, work, rate, cluster }) {
	if (cluster) return summarizeCluster(runs);
	const cpu = figures(runs.map((run) => run.cpu_ns / run.messages / per / 1000));
	const best = runs.reduce((a, b) => (a.cpu_ns / a.messages < b.cpu_ns / b.messages ? a : b));
	const memory = runs.map((run) => (run.rss_full - run.rss_empty) / run.connections / 1024);
	return {
		runs: runs.length,
		us: cpu,
		perSecond: figures(runs.map((run) => (run.messages * per * 1e9) / run.ns)),
		serverBusy: median(runs.map((run) => run.cpu_ns / run.ns)),
		loadBusy: median(runs.map((run) => run.load_cpu_ns / run.ns)),
		machineBusy: median(runs.map((run) => run.machineBusy)),
		...(work !== 'connect' && { kilobytes: figures(memory) }),
		...(best.latency_ns && {
			latency: Object.fromEntries(
				Object.keys(best.latency_ns).map((q) => [
					q,
					figures(runs.map((run) => run.latency_ns[q] / 1000)),
				]),
			),
		}),
		...(rate && { curve: best.curve.map(([q, ns]) => [q, ns / 1000]) }),
	};
}

/** How many times the processor time of another; undefined if one of them was not measured. */
export const ratio = (a, b) => (a && b ? a.us.least / b.us.least : undefined);

/**
 * What a case's aim is a multiple of, in microseconds: the ceiling's cost or, with `plain`, our own
 * cost of that case and what the ceiling's is more in this one.  Undefined: not all was measured.
 */
export function measureOf({ plain, results }, cases) {
	const under = results.ceiling?.us.least;
	if (!plain) return under;
	const other = cases.find(({ id }) => id === plain)?.results;
	if (!other?.libsio || !other.ceiling || under === undefined) return undefined;
	return other.libsio.us.least + under - other.ceiling.us.least;
}
