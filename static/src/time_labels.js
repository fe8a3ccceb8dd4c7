// @ts-check
// Texts and chips of the page that depend on the time.

import {find, findAll, message, setText} from "./dom.js";
import {duration} from "./format.js";

/**
 * updateTimeLabels brings everything up to date that depends on the time.
 * @param {number} now the server's time
 */
export function updateTimeLabels(now) {
	for (const e of findAll("time[data-since]")) {
		// Figure spaces keep the width the same from the first second on.
		setText(e, duration(now - Number(e.dataset.since)).padStart(e.dataset.approximate ? 0 : 5, "\u2007"));
	}
	for (const e of findAll(".chip[data-at]")) e.hidden = now - Number(e.dataset.at) > 10_000;
	for (const e of findAll(".chip[data-from]")) {
		const played = now - Number(e.dataset.from), length = Number(e.dataset.length);
		e.hidden = played > length + 2000;
		e.dataset.played = ` ${duration(Math.min(played, length))} / ~${duration(length)}`;
	}
	for (const e of findAll('.chip[data-tone="pending-hangup"]')) {
		setText(find("span", e), message("leaving", Math.max(0, Math.ceil((Number(e.dataset.at) - now) / 1000))));
	}
	// Members do not see notes about what they do themselves.
	for (const e of findAll(".chip[data-by]")) e.hidden = e.dataset.by === message("member");
}
