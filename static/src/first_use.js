// @ts-check
// What a page needs when it is used: htmx, which sends forms and loads dialogs, the
// script of what a member does, and on the board the style of dialogs. A page that is
// only looked at does not need them: they are loaded at the first sign of a member, or
// by what needs them, and what was clicked meanwhile waits for them.

import {outcomeText} from "./answers.js";
import {find, get, message} from "./dom.js";
import {showNotice} from "./notices.js";

let ready = false;

/** @type {Promise<void> | undefined} */
let loading;

/**
 * added adds a script or a style sheet to the page, and resolves when it counts.
 * @param {HTMLElement} element
 */
const added = element => new Promise((resolve, reject) => {
	element.addEventListener("load", resolve);
	element.addEventListener("error", () => {
		element.remove();
		reject();
	});
	document.body.append(element);
});

async function loadAll() {
	const {htmx: src = "", script = "", style: href} = get("#page-script").dataset;
	await Promise.all([
		import(script),
		"htmx" in window || added(Object.assign(document.createElement("script"), {src})),
		href && added(Object.assign(document.createElement("link"), {rel: "stylesheet", href})),
	]);
	await new Promise(done => setTimeout(done)); // htmx begins in a timeout of its own
	ready = true;
}

// load is resolved when htmx handles the elements of the page, and all else is there.
const load = () => loading ??= loadAll().catch(() => {
	loading = undefined; // the next time tries again
	throw new Error("not loaded");
});

// isThere resolves to whether all is there. A notice says why it is not.
const isThere = () => load().then(() => true, () => {
	showNotice(message(...outcomeText({method: "GET", sent: navigator.onLine})));
	return false;
});

/**
 * ajax is that of htmx, which is loaded before.
 * @param {Parameters<typeof htmx.ajax>} request
 */
export async function ajax(...request) {
	if (await isThere()) await htmx.ajax(...request);
}

/**
 * holdForm lets a form that htmx is to send wait for it.
 * @param {SubmitEvent} e
 */
async function holdForm(e) {
	const form = /** @type {HTMLFormElement} */ (e.target), {submitter} = e;
	if (ready || !form.matches("[hx-post], [hx-boost]")) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	if (await isThere() && form.isConnected) form.requestSubmit(submitter?.isConnected ? submitter : null);
}

/** startFirstUse loads it all at the first sign of a member. */
export function startFirstUse() {
	document.addEventListener("submit", holdForm, true);
	const signs = new AbortController();
	const start = () => {
		signs.abort();
		load().catch(() => {}); // what needs it tries again
	};
	for (const type of ["pointermove", "pointerdown", "touchstart", "keydown", "focusin"]) addEventListener(type, start, {signal: signs.signal, passive: true});
	// What is used already: the page of a dialog, and a search that the browser kept over a reload.
	if (find(".alone") || /** @type {HTMLInputElement | null} */ (find("#search"))?.value) start();
}

/** whenUsed resolves when all is there, or could not be loaded. */
export const whenUsed = () => load().catch(() => {});
