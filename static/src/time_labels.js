// @ts-check
// Texts and chips of the page that depend on the time.

import {find, findAll, message, setText} from "./dom.js";
import {duration} from "./format.js";
import {slide} from "./row_animation.js";

/** @type {((now: number, parts: readonly ParentNode[]) => void)[]} */
const listeners = [];

/**
 * eachTick lets update be called with the server's time and parts of the page: with
 * all of it every second, and with those that change, before they are drawn.
 * @param {(now: number, parts: readonly ParentNode[]) => void} update
 */
export const eachTick = update => { listeners.push(update); };

/**
 * updateTimeLabels brings up to date what depends on the time.
 * @param {number} now the server's time
 * @param {readonly ParentNode[]} [parts] of the page that changed
 */
export function updateTimeLabels(now, parts = [document]) {
	/** @param {string} selector */
	const all = selector => parts.flatMap(part => findAll(selector, part));
	for (const e of all("time[data-since]")) {
		// Figure spaces keep the width of clocks the same from the first second on.
		setText(e, duration(now - Number(e.dataset.since)).padStart("approximate" in e.dataset || !e.className ? 0 : 5, "\u2007"));
	}
	hideChips(all(".chip:is([data-at], [data-from], [data-by])"), now);
	for (const e of all(".chip[data-from]")) {
		const played = now - Number(e.dataset.from), length = Number(e.dataset.length);
		e.dataset.played = ` ${duration(Math.min(played, length))} / ~${duration(length)}`;
	}
	for (const e of all('.chip[data-tone="pending-hangup"]')) {
		setText(find("span", e), message("leaving", Math.max(0, Math.ceil((Number(e.dataset.at) - now) / 1000))));
	}
	for (const update of listeners) update(now, parts);
}

/**
 * isOver reports whether a chip is not shown any more. Members do not see notes
 * about what they do themselves.
 * @param {DOMStringMap} chip
 * @param {number} now
 */
function isOver({at, from, length, by}, now) {
	return at !== undefined && now - Number(at) > 10_000 || from !== undefined && now - Number(from) > Number(length) + 2000 ||
		by !== undefined && by === message("member");
}

/**
 * @param {HTMLElement[]} chips
 * @param {number} now
 */
function hideChips(chips, now) {
	const changing = chips.filter(e => e.hidden !== isOver(e.dataset, now));
	const change = () => { for (const e of changing) e.hidden = !e.hidden; };
	if (changing.length) slide(change);
}
