// @ts-check
// Texts and chips of the page that depend on the time.

import {find, findAll, message, setText} from "./dom.js";
import {duration} from "./format.js";
import {rowLists, rowsNear, slide} from "./row_animation.js";

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
	updateClocks(now, parts[0] === document ? partsInSight() : parts);
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

const nearby = 200; // px around the window in which clocks run

const rowsInSight = () => rowLists().flatMap(list => Array.from(rowsNear(list, nearby), ([row]) => row));

/** partsInSight returns all parts of the page but rows outside of the window, which are hundreds in a large team. */
function partsInSight() {
	const live = find("#live");
	if (!live) return [document];
	const outside = [...document.body.children, ...live.parentElement?.children ?? []].filter(e => !e.contains(live));
	return [...outside, ...rowsInSight()];
}

/**
 * updateClocks lets clocks say how long something lasts.
 * @param {number} now the server's time
 * @param {readonly ParentNode[]} parts of the page
 */
function updateClocks(now, parts) {
	for (const e of parts.flatMap(part => findAll("time[data-since]", part))) {
		// Figure spaces keep the width of clocks the same from the first second on.
		const text = duration(now - Number(e.dataset.since)).padStart("approximate" in e.dataset || !e.className ? 0 : 5, "\u2007"), node = e.firstChild;
		if (!(node instanceof Text) || node.length !== text.length) setText(e, text);
		else if (node.data !== text) node.data = text; // another node would cost a browser more
	}
}

/**
 * startClocks lets the clocks of rows be right that come into the window, and of all
 * rows when they are printed.
 * @param {() => number} now the server's time
 */
export function startClocks(now) {
	addEventListener("scroll", () => updateClocks(now(), rowsInSight()), {passive: true});
	addEventListener("beforeprint", () => updateClocks(now(), [document]));
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
