// @ts-check
// htmx sends forms and loads dialogs. A page that is only looked at does not need it:
// it is loaded at the first sign of a member, or by what needs it, and what was clicked
// meanwhile waits for it.

import {outcomeText} from "./answers.js";
import {find, get, message} from "./dom.js";
import {showNotice} from "./notices.js";

let ready = false;

/** @type {Promise<void> | undefined} */
let loading;

// load is resolved when htmx handles the elements of the page.
const load = () => loading ??= new Promise((resolve, reject) => {
	const script = document.createElement("script");
	script.src = get("meta[name=htmx-config]").dataset.script ?? "";
	script.addEventListener("load", () => setTimeout(() => { // it begins in a timeout of its own
		ready = true;
		resolve();
	}));
	script.addEventListener("error", () => {
		loading = undefined; // the next time tries again
		script.remove();
		reject();
	});
	document.head.append(script);
});

// isThere resolves to whether htmx is there. A notice says why it is not.
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
 * processNew prepares elements that have come into the page. When htmx is loaded, it
 * prepares those that are there.
 * @param {Element} element
 */
export function processNew(element) {
	if ("htmx" in window) htmx.process(element);
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

/** startHtmx loads htmx at the first sign of a member. */
export function startHtmx() {
	document.addEventListener("submit", holdForm, true);
	const signs = new AbortController();
	const start = () => {
		signs.abort();
		load().catch(() => {}); // what needs it tries again
	};
	for (const type of ["pointermove", "pointerdown", "touchstart", "keydown", "focusin"]) addEventListener(type, start, {signal: signs.signal, passive: true});
	if (find("[hx-trigger=load]")) start();
}
