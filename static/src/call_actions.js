// @ts-check
// The buttons of calls: how they are sent, repeated clicks, and hanging up with a
// grace period.

import {closest, find, get, message, setText, sourceForm} from "./dom.js";
import {ajax} from "./first_use.js";
import {inRowInUse} from "./row_in_use.js";

/** @type {WeakSet<HTMLFormElement>} */
const atOnce = new WeakSet(); // forms whose next request hangs up without a grace period

/** @param {HtmxEvent} e */
function sendAtOnce(e) {
	const form = sourceForm(e);
	if (form && atOnce.delete(form)) e.detail.ctx.request.body?.set("at_once", "true");
}

/**
 * actionID returns the id of what a button of a row says at the moment. All
 * buttons of a row share its form and the id in that.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 */
function actionID(form, button) {
	const id = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("action_id"))?.value;
	return id && button.matches(".act") ? `${id}-${button.classList[1]}` : id;
}

/**
 * Buttons whose request is under way: what the button said when that was sent, and
 * what the click says that waits for its end.
 * @type {WeakMap<HTMLElement, {says: string, next?: string}>}
 */
const requests = new WeakMap();

/**
 * saysOf returns what a button says now: "true" for Hold, "false" for Resume, the
 * same for both forms of a button that is no switch.
 * @param {HTMLElement} button
 */
const saysOf = button => button.getAttribute("value") ?? "";

/**
 * send sends what a button of a row says. A click means what the button said at
 * that moment. If the button comes to say something else while a request is under
 * way, a second click is a new command: it is sent after the answer to the first
 * one, whatever else of the row has changed meanwhile. A repeated click on a button
 * that says the same is dropped. Other buttons wait for nothing.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 * @param {string} [address]
 * @param {Record<string, string>} [fields]
 */
async function send(form, button, address = button.getAttribute("formaction") ?? form.getAttribute("action") ?? "", fields = {}) {
	const id = actionID(form, button), says = saysOf(button), running = requests.get(button);
	if (running) {
		if (running.next !== undefined || running.says !== says) running.next = says;
		return;
	}
	/** @type {{says: string, next?: string}} */
	const request = {says};
	requests.set(button, request);
	await ajax("POST", address, {source: button, swap: "none", values: {...fields, ...id && {action_id: id}}});
	requests.delete(button);
	if (request.next !== undefined && button.isConnected && saysOf(button) === request.next) send(form, button, address, fields);
}

function startSending() {
	document.addEventListener("submit", e => {
		const form = /** @type {HTMLFormElement} */ (e.target);
		if (!form.matches(".acts, .undo, .consult form")) return;
		e.preventDefault();
		e.stopPropagation();
		send(form, e.submitter ?? get("button", form));
	}, true);
}

// Hanging up can be undone for some seconds. A click with shift skips them.
function startHangUp() {
	document.addEventListener("click", e => {
		/** @type {HTMLButtonElement | null} */
		const button = closest(e.target, ".act.hangup");
		if (!button?.form) return;
		if (e.shiftKey) atOnce.add(button.form);
		else atOnce.delete(button.form);
	});
	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail;
		if (ctx.response.status < 400 && ctx.sourceElement.matches(".act.hangup") && !ctx.request.body?.has("at_once")) setText(find("#announcer"), message("undo"));
	});
}

// A member who has chosen how to record, and has read about consent, records with one
// click. The small button beside that one opens the dialog.
function startRecording() {
	document.addEventListener("click", e => {
		/** @type {HTMLAnchorElement | null} */
		const link = closest(e.target, "a.act.record");
		const choice = find("#preferences")?.dataset.record, form = link?.closest("form");
		if (!link || !form || !choice || e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
		e.preventDefault();
		send(form, link, link.pathname + "ing", {value: "true", announcement: String(choice === "spoken")});
	}, true);
	// That button is in the row in use only: rows are small.
	const how = document.createElement("a");
	how.className = "act how";
	how.dataset.added = "";
	how.textContent = how.title = find("#attempts")?.dataset.how ?? "";
	inRowInUse(row => {
		/** @type {HTMLAnchorElement | null} */
		const record = row && find("#preferences")?.dataset.record ? find("a.act.record", row) : null;
		if (!record) return how.remove();
		if (how.href !== record.href) how.href = record.href;
		if (record.nextElementSibling !== how) record.after(how);
	});
}

/** startCallActions prepares the buttons of calls. */
export function startCallActions() {
	document.addEventListener("htmx:config:request", sendAtOnce);
	startSending();
	startHangUp();
	startRecording();
}
