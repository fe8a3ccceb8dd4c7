// @ts-check
// Numbers as text. No DOM.

/**
 * twoDigits returns n with a leading zero if it has one digit only.
 * @param {number} n
 */
export const twoDigits = n => String(n).padStart(2, "0");

/**
 * duration returns milliseconds as m:ss, or as h:mm:ss from one hour on.
 * @param {number} ms
 */
export function duration(ms) {
	const s = Math.max(0, Math.floor(ms / 1000));
	const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
	return h ? `${h}:${twoDigits(m)}:${twoDigits(s % 60)}` : `${m}:${twoDigits(s % 60)}`;
}

/**
 * minutes returns seconds as m:ss, however many minutes these are.
 * @param {number} seconds
 */
export function minutes(seconds) {
	return `${Math.floor(seconds / 60)}:${twoDigits(Math.floor(seconds % 60))}`;
}

/**
 * timeOfDay returns a moment as hh:mm in a zone that is offset seconds east of UTC.
 * @param {number} ms since 1970
 * @param {number} offset
 */
export function timeOfDay(ms, offset) {
	const local = new Date(ms + 1000 * offset);
	return `${twoDigits(local.getUTCHours())}:${twoDigits(local.getUTCMinutes())}`;
}

/**
 * countText returns the sentence for n things: the one for none, the one for
 * one, else the one for more with n in place of "{n}".
 * @param {number} n
 * @param {{none?: string, one?: string, more?: string}} texts
 */
export function countText(n, {none = "", one = "", more = ""}) {
	return n === 0 ? none : n === 1 ? one : more.replace("{n}", String(n));
}
