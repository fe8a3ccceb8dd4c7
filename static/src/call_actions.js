// @ts-check
// The buttons of calls: repeated clicks, additional fields of a request, and
// hanging up with a grace period.

import {closest, find, message, setText, sourceForm} from "./dom.js";

/**
 * Fields that a form gets for its next request only.
 * @type {WeakMap<HTMLFormElement, Set<string>>}
 */
const extraFields = new WeakMap();

/**
 * addField makes the next request of form say name=true.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function addField(form, name) {
	extraFields.set(form, (extraFields.get(form) ?? new Set()).add(name));
}

/** @param {HtmxEvent} e */
function sendExtraFields(e) {
	const form = sourceForm(e);
	if (!form) return;
	for (const name of extraFields.get(form) ?? []) e.detail.ctx.request.body?.set(name, "true");
	extraFields.delete(form);
}

/** @param {HTMLFormElement} form */
const actionID = form => /** @type {HTMLInputElement | null} */ (form.elements.namedItem("action_id"))?.value;

/**
 * Forms whose request is under way: the action_id of that request, and the
 * click that waits for its end.
 * @type {WeakMap<HTMLFormElement, {id: string | undefined, next?: {id: string | undefined, button: HTMLElement | null}}>}
 */
const requests = new WeakMap();

// A click means what the button said at that moment. If the row changes while a
// request is under way, a second click is a new command: it is sent after the
// answer to the first one; htmx would drop it. A repeated click on the unchanged
// button has the same action_id and is dropped.
function startRepeatedClicks() {
	document.addEventListener("htmx:before:request", e => {
		const form = sourceForm(e);
		if (form?.matches(".acts form")) requests.set(form, {id: actionID(form)});
	});
	document.addEventListener("submit", e => {
		const form = /** @type {HTMLFormElement} */ (e.target), request = requests.get(form), id = actionID(form);
		if (!request || id === request.id) return;
		request.next = {id, button: e.submitter};
		e.preventDefault();
		e.stopImmediatePropagation();
	}, true);
	document.addEventListener("htmx:finally:request", e => {
		const form = sourceForm(e);
		if (!form) return;
		const next = requests.get(form)?.next;
		requests.delete(form);
		setTimeout(() => { // when htmx has forgotten the request, too
			if (next?.button?.isConnected && actionID(form) === next.id) form.requestSubmit(next.button);
		});
	});
}

function hasGrace() {
	const board = find("#board");
	return !board || "grace" in board.dataset;
}

// Within the grace period hanging up can be undone. A click with shift skips it.
function startHangUp() {
	document.addEventListener("click", e => {
		/** @type {HTMLButtonElement | null} */
		const button = closest(e.target, ".act.hang");
		if (!button?.form || !hasGrace()) return;
		if (e.shiftKey) addField(button.form, "at_once");
		else extraFields.delete(button.form);
	});
	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail, form = sourceForm(e);
		if (ctx.response.status >= 400 || !form?.matches(".acts form") || !hasGrace()) return;
		if (find(".hang", form) && !ctx.request.body?.has("at_once")) setText(find("#announcer"), message("undo"));
	});
}

/** startCallActions prepares the buttons of calls. */
export function startCallActions() {
	document.addEventListener("htmx:config:request", sendExtraFields);
	startRepeatedClicks();
	startHangUp();
}
