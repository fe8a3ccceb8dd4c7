// @ts-check
// The line with the figures of today: see views.TodayLine.

import {find, parse} from "./dom.js";
import {request} from "./request.js";

const every = 60_000; // ms

/** startToday shows the figures now, and from then on once a minute while the page is seen. */
export function startToday() {
	const line = /** @type {HTMLAnchorElement | null} */ (find("#today"));
	if (!line) return;
	let asked = -every;
	async function update() {
		if (document.hidden || performance.now() - asked < every) return;
		asked = performance.now();
		try {
			const answer = await request(line?.dataset.today ?? "", {headers: {"HX-Request": "true"}});
			const fresh = answer.ok && find("#today-line", parse(await answer.text()));
			if (!fresh) return;
			line?.replaceChildren(fresh);
			line?.removeAttribute("hidden"); // an empty link leads nobody
		} catch {
			// They stay as they are, with their time.
		}
	}
	update();
	setInterval(update, every / 6);
	document.addEventListener("visibilitychange", update);
}
