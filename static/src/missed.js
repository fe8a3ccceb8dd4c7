// @ts-check
// The tray of missed calls. It is fetched again after a call has ended or was
// answered, which may have made one, or made one done.

import {closest, find, get, parse, processNew, sourceForm} from "./dom.js";
import {showAnswer} from "./dialogs.js";
import {morph} from "./morph.js";
import {request} from "./request.js";

const wait = 1500; // ms, until the journal has it
const intent = 150, away = 400; // ms over the tray, or beside it, after which that is meant

/** @type {number | undefined} */
let timer;

function later() {
	clearTimeout(timer);
	timer = setTimeout(update, wait);
}

let outdated = false;

/** update fetches the tray. Under the pointer nothing moves: whom a click calls is whom one sees. */
async function update() {
	if (document.hidden) return;
	outdated = !!find("#missed .tray:hover");
	if (outdated) return;
	try {
		const answer = await request("/missed", {headers: {"HX-Request": "true"}});
		const fresh = answer.ok && find("#missed", parse(await answer.text())), tray = find("#missed");
		if (!fresh || !tray) return;
		get("details", fresh).toggleAttribute("open", get("details", tray).hasAttribute("open") && !fresh.hidden);
		morph(tray, fresh);
		processNew(get("#missed"));
	} catch {
		// the next call
	}
}

/**
 * openUnderPointer opens the tray while a mouse is over it, so that one click calls
 * back. A click on its button keeps it open.
 * @param {HTMLElement} tray
 */
function openUnderPointer(tray) {
	/** @type {number | undefined} */
	let timer;
	let byPointer = false;
	const details = /** @type {HTMLDetailsElement} */ (get("details", tray));
	const set = /** @param {boolean} open */ open => { details.open = byPointer = open; };
	tray.addEventListener("pointerenter", e => {
		clearTimeout(timer);
		if (e.pointerType === "mouse" && !details.open) timer = setTimeout(set, intent, true);
	});
	tray.addEventListener("pointerleave", () => {
		clearTimeout(timer);
		if (byPointer) timer = setTimeout(set, away, false);
		if (outdated) update();
	});
	get("summary", tray).addEventListener("click", e => {
		clearTimeout(timer);
		if (byPointer) e.preventDefault();
		byPointer = false;
	});
}

/** startMissed keeps the tray true, and shows a call that it starts. */
export function startMissed() {
	const tray = find("#missed");
	if (!tray) return;
	openUnderPointer(tray);
	document.addEventListener("calls:progressed", later);
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
