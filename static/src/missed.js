// @ts-check
// The tray of missed calls. It is fetched again after a call has ended or was
// answered, which may have made one, or made one done.

import {closest, find, findAll, get, parse, sourceForm} from "./dom.js";
import {showAnswer} from "./dialogs.js";
import {morph} from "./morph.js";
import {request} from "./request.js";

const wait = 1500; // ms, until the journal has it

/** callsKey differs if a call has ended, or another one was answered. */
function callsKey() {
	const names = /** @param {string} state */ state => findAll(`#board .row[data-state=${state}]`).map(row => row.id).sort().join();
	return `${names("ended")} ${findAll("#board .row:is([data-state=talking], [data-state=held])").length}`;
}

let known = "";
/** @type {number | undefined} */
let timer;

function later() {
	const key = callsKey();
	if (key === known) return;
	known = key;
	clearTimeout(timer);
	timer = setTimeout(update, wait);
}

async function update() {
	if (document.hidden) return;
	try {
		const answer = await request("/missed", {headers: {"HX-Request": "true"}});
		const fresh = answer.ok && find("#missed", parse(await answer.text())), tray = find("#missed");
		if (!fresh || !tray) return;
		get("details", fresh).toggleAttribute("open", get("details", tray).hasAttribute("open") && !fresh.hidden);
		morph(tray, fresh);
		htmx.process(get("#missed"));
	} catch {
		// the next call
	}
}

/** startMissed keeps the tray true, and shows a call that it starts. */
export function startMissed() {
	if (!find("#missed")) return;
	known = callsKey();
	document.addEventListener("feed:applied", later);
	document.addEventListener("visibilitychange", update);
	let started = false;
	document.addEventListener("htmx:after:request", e => {
		if (closest(sourceForm(e), "#missed") && e.detail.ctx.response.status < 400) started = true;
	});
	document.addEventListener("htmx:after:swap", () => {
		if (!started) return;
		started = false;
		showAnswer();
	});
}
