// @ts-check
// Filters of the history: a change is shown at once, and is in the address. The
// form stays, with its focus.

import {closest, find, get, parse, processNew} from "./dom.js";
import {watchPlayers} from "./players.js";
import {request} from "./request.js";

const typingPause = 350; // ms

/**
 * addressOf returns the address of what a form filters.
 * @param {HTMLFormElement} form
 */
function addressOf(form) {
	const filled = [...new FormData(form)].filter(([, value]) => value !== "");
	const query = new URLSearchParams(/** @type {[string, string][]} */ (filled)).toString();
	return form.action + (query && "?" + query);
}

/** @type {number | undefined} */
let pause;
let shown = "";

/**
 * apply shows what a form filters, unless that is shown. What the server refuses is
 * opened, which says why.
 * @param {HTMLFormElement} form
 */
async function apply(form) {
	clearTimeout(pause);
	const address = addressOf(form), results = find("#history-results");
	if (address === shown || !results) return;
	shown = address;
	results.ariaBusy = "true";
	let page;
	try {
		const answer = await request(address, {headers: {Accept: "text/html"}});
		if (answer.ok) page = find("#history-results", parse(await answer.text()));
		else if (shown === address) location.assign(address);
	} catch {
		shown = ""; // not reached: the next change tries again
	}
	if (shown !== address || !page) return;
	const fresh = document.importNode(page, true);
	get("#history-results").replaceWith(fresh);
	processNew(fresh);
	watchPlayers();
	history.replaceState(history.state, "", address);
	find("#history-csv")?.setAttribute("href", address.replace("/history", "/history.csv"));
}

/** startHistoryFilter applies the filters as they change. */
export function startHistoryFilter() {
	/** @type {HTMLFormElement | null} */
	const form = find("form.filters");
	if (!form) return;
	shown = addressOf(form);
	const button = find(":scope > .primary", form);
	if (button) button.hidden = true;
	form.addEventListener("change", () => apply(form));
	form.addEventListener("input", e => {
		if (!closest(e.target, "[type=search]")) return;
		clearTimeout(pause);
		pause = setTimeout(apply, typingPause, form);
	});
	form.addEventListener("submit", e => {
		e.preventDefault();
		apply(form);
	});
}
