// SPDX-License-Identifier: MIT
//
// What the environment says; undefined: nothing.

const { env } = process;

export const number = (name) => (env[name] ? Number(env[name]) : undefined);
export const flag = (name) => Boolean(number(name));
export const words = (text) => (text ? text.split(/[, ]+/).filter(Boolean) : undefined);
