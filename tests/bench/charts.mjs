// SPDX-License-Identifier: MIT
//
// Draws charts as SVG: lines on logarithmic scales, and bars.

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 170;
const TOP = 50;
const BOTTOM = 60;
const COLOURS = {
	ceiling: '#777777',
	libsio: '#0b6e4f',
	node: '#c44900',
	bun: '#7a4fb5',
	eiows: '#1f6fb2',
	http: '#b08900',
	socketioxide: '#9a3324',
	zishang520: '#1f6fb2',
	'python-socketio': '#b08900',
	'netty-socketio': '#7a4fb5',
};

const escape = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;');
const round = (n) => Math.round(n * 10) / 10;

/** An element; numbers are rounded, what is undefined is left out. */
function element(name, attributes, content) {
	const said = Object.entries(attributes)
		.filter(([, value]) => value !== undefined)
		.map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : value}"`)
		.join('');
	return content === undefined
		? `<${name}${said}/>`
		: `<${name}${said}>${escape(content)}</${name}>`;
}

function text(x, y, content, { anchor = 'start', size = 12, weight, turn } = {}) {
	return element(
		'text',
		{
			x,
			y,
			'font-size': size,
			'font-weight': weight,
			'text-anchor': anchor,
			transform: turn && `rotate(${turn} ${x} ${y})`,
		},
		content,
	);
}

const line = (x1, y1, x2, y2, stroke = '#dddddd') =>
	element('line', { x1, y1, x2, y2, stroke });

function svg(parts, title, height = HEIGHT) {
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"`,
		'	font-family="sans-serif" fill="#222222">',
		element('rect', { width: WIDTH, height, fill: '#ffffff' }),
		text(LEFT, 28, title, { size: 16, weight: 'bold' }),
		...parts,
		'</svg>',
		'',
	].join('\n');
}

/** 1, 2, 5, 10, ... that lie between, and the powers of ten around them if those are few. */
function ticks(low, high) {
	const steps = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
	const all = [];
	for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
		for (const step of steps) all.push(step * 10 ** power);
	return all.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

const plain = (n) => String(Number(n.toPrecision(6)));

function scale(low, high, from, to) {
	return (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from);
}

/**
 * Lines over two logarithmic scales.
 * @param series [{ id, title, points: [[x, y], ...] }]
 * @param xLabels what stands below the chart: [[x, text], ...]; without it the numbers of the scale
 */
export function lines({ title, x: xTitle, y: yTitle, series, xLabels }) {
	const all = series.flatMap(({ points }) => points);
	const xs = all.map(([x]) => x);
	const ys = all.map(([, y]) => y);
	const [xLow, xHigh] = [Math.min(...xs), Math.max(...xs)];
	const [yLow, yHigh] = [Math.min(...ys) / 1.3, Math.max(...ys) * 1.3];
	const px = scale(xLow, xHigh, LEFT, WIDTH - RIGHT);
	const py = scale(yLow, yHigh, HEIGHT - BOTTOM, TOP);
	const parts = [];
	for (const tick of ticks(yLow, yHigh)) {
		parts.push(line(LEFT, py(tick), WIDTH - RIGHT, py(tick)));
		parts.push(text(LEFT - 8, py(tick) + 4, plain(tick), { anchor: 'end' }));
	}
	for (const [tick, label] of xLabels ?? ticks(xLow, xHigh).map((t) => [t, plain(t)])) {
		parts.push(line(px(tick), TOP, px(tick), HEIGHT - BOTTOM));
		parts.push(text(px(tick), HEIGHT - BOTTOM + 18, label, { anchor: 'middle' }));
	}
	const middle = (LEFT + WIDTH - RIGHT) / 2;
	parts.push(text(middle, HEIGHT - 16, xTitle, { anchor: 'middle' }));
	parts.push(text(18, (TOP + HEIGHT - BOTTOM) / 2, yTitle, { anchor: 'middle', turn: -90 }));
	series.forEach(({ id, title: name, points }, i) => {
		const colour = COLOURS[id];
		const path = points.map(([x, y]) => `${round(px(x))},${round(py(y))}`).join(' ');
		parts.push(
			element('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': 2.5 }),
		);
		if (points.length < 20)
			for (const [x, y] of points)
				parts.push(element('circle', { cx: px(x), cy: py(y), r: 3.5, fill: colour }));
		parts.push(line(WIDTH - RIGHT + 14, TOP + 20 * i, WIDTH - RIGHT + 34, TOP + 20 * i, colour));
		parts.push(text(WIDTH - RIGHT + 40, TOP + 4 + 20 * i, name));
	});
	return svg(parts, title);
}

/**
 * Groups of bars that lie on their side, on a linear scale, or from `low` on a logarithmic one.
 * @param groups [{ title, bars: [{ id, title, value, label }] }]
 */
export function bars({ title, x: xTitle, groups, low }) {
	const BAR = 18;
	const GAP = 14;
	const from = 230;
	const most = Math.max(...groups.flatMap(({ bars: all }) => all.map(({ value }) => value)));
	const px = low
		? scale(low, most, from, WIDTH - 90)
		: (value) => from + (value / most) * (WIDTH - from - 90);
	const parts = [];
	let y = TOP;
	for (const { title: name, bars: all } of groups) {
		parts.push(text(20, y + BAR - 5, name, { weight: 'bold' }));
		for (const { id, title: who, value, label } of all) {
			parts.push(text(from - 8, y + BAR - 5, who, { anchor: 'end', size: 11 }));
			const width = Math.max(1, px(value) - from);
			parts.push(element('rect', { x: from, y, width, height: BAR - 3, fill: COLOURS[id] }));
			parts.push(text(px(value) + 6, y + BAR - 5, label, { size: 11 }));
			y += BAR;
		}
		y += GAP;
	}
	parts.push(text(from, y + 10, xTitle));
	return svg(parts, title, y + 30);
}
