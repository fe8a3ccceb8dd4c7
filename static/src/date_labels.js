// @ts-check
// Keeps the dates of the page true as time passes: "Today" becomes "Yesterday".

import {dateText} from "./dates.js";
import {find, findAll, setText} from "./dom.js";
import {serverNow} from "./server_clock.js";

const every = 20_000; // ms

function update() {
	const {lang, dataset: {zone = "UTC"}} = document.documentElement, words = find("#words")?.dataset;
	if (!words || document.hidden) return;
	const {today = "", yesterday = "", now = "", ago = ""} = words;
	try {
		for (const e of /** @type {HTMLTimeElement[]} */ (findAll('time[data-date]:not([data-date="clock"])'))) {
			const {text, named} = dateText(e.dataset.date ?? "", Date.parse(e.dateTime), serverNow(), lang, zone, {today, yesterday, now, ago});
			setText(e, named && "inside" in e.dataset ? text.charAt(0).toLowerCase() + text.slice(1) : text);
		}
	} catch {
		clearInterval(timer); // the zone is unknown here: what the server wrote stays
	}
}

/** @type {number | undefined} */
let timer;

/** startDateLabels keeps all dates of the page true, those that come later, too. */
export function startDateLabels() {
	timer = setInterval(update, every);
	document.addEventListener("visibilitychange", update);
}
