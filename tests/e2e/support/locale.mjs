// SPDX-License-Identifier: MIT
//
// A locale with a decimal comma and days of its own, made here: what a machine has is chance.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hex = (n, width) => n.toString(16).toUpperCase().padStart(width, '0');
const symbol = (character) => `<U${hex(character.charCodeAt(0), 4)}>`;
const quoted = (text) => `"${[...text].map(symbol).join('')}"`;
const list = (...texts) => texts.map(quoted).join(';');

const CHARMAP = `<code_set_name> ANSI_X3.4-1968
<comment_char> %
<escape_char> /
CHARMAP
${[...Array(128).keys()].map((c) => `<U${hex(c, 4)}> /x${hex(c, 2)} c${c}`).join('\n')}
END CHARMAP
`;

const DAYS = ['So', 'Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa'];
const MONTHS = [...Array(12).keys()].map((month) => `M${month + 1}`);

const SOURCE = `comment_char %
escape_char /
LC_NUMERIC
decimal_point ${quoted(',')}
thousands_sep ${quoted('.')}
grouping 3;3
END LC_NUMERIC
LC_TIME
abday ${list(...DAYS)}
day ${list(...DAYS)}
abmon ${list(...MONTHS)}
mon ${list(...MONTHS)}
d_t_fmt ${quoted('%c')}
d_fmt ${quoted('%d')}
t_fmt ${quoted('%T')}
am_pm ${list('am', 'pm')}
t_fmt_ampm ${quoted('%r')}
END LC_TIME
`;

/** The environment in which a program finds it, as LOCALE; it goes when the test `t` ends. */
export function decimalComma(t) {
	const folder = mkdtempSync(join(tmpdir(), 'sio-locale-'));
	t.after(() => rmSync(folder, { recursive: true }));
	const [charmap, source] = [join(folder, 'charmap'), join(folder, 'source')];
	writeFileSync(charmap, CHARMAP);
	writeFileSync(source, SOURCE);
	const args = ['--no-archive', '-c', '-f', charmap, '-i', source, join(folder, 'comma')];
	try {
		execFileSync('localedef', args, { stdio: 'pipe' });
	} catch (error) {
		if (error.status !== 1) throw error; // 1: it warns of what is not in it
	}
	return { LOCPATH: folder, LOCALE: 'comma' };
}
