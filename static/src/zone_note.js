// @ts-check
// Says in which time zone the times of a page are, where the browser's clock
// shows others. The page of an error has no times.

import {find} from "./dom.js";
import {sameClock} from "./zone.js";

/** startZoneNote shows the note if the zone of the page is not the browser's. */
export function startZoneNote() {
	const note = find("#zone-note");
	if (note && !find(".failure")) note.hidden = sameClock(document.documentElement.dataset.zone ?? "", Date.now());
}
