// @ts-check
// Forms that save themselves: what a member changes is sent at once, and the form
// says whether it was saved. Without script they have their buttons.

import {findAll, get, setText} from "./dom.js";
import {isChanged} from "./form_changes.js";
import {showTheme} from "./preference.js";
import {request} from "./request.js";

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** startAutosave prepares all of them. */
export function startAutosave() {
	for (const form of /** @type {HTMLFormElement[]} */ (findAll("form[data-autosave]"))) {
		get(".ends", form).hidden = true;
		const save = saver(form);
		form.addEventListener("change", save);
		form.addEventListener("submit", e => { e.preventDefault(); save(); });
	}
}

/**
 * saver returns a function that saves a form. What changes while it is being saved
 * is sent after the answer: the server gets the states in their order.
 * @param {HTMLFormElement} form
 */
function saver(form) {
	let busy = false, again = false;
	return async () => {
		again = true;
		if (busy || !form.reportValidity()) return;
		busy = true;
		while (again) {
			again = false;
			await send(form);
		}
		busy = false;
	};
}

/** @param {HTMLFormElement} form */
async function send(form) {
	const said = get(".save-state", form), sent = new URLSearchParams();
	for (const [name, value] of new FormData(form)) sent.append(name, String(value));
	const fields = /** @type {Field[]} */ (findAll("[name]", form));
	const values = fields.map(valueOf);
	try {
		const answer = await request(form.action, {method: "POST", body: sent, headers: {Accept: "application/json"}});
		const mistake = answer.ok ? null : (await answer.json()).error;
		for (const field of fields) field.ariaInvalid = String(!!mistake && field.name === mistake.field);
		report(said, mistake?.field && said.dataset.mistake || mistake?.message || said.dataset.saved, !mistake);
		if (!mistake) saved(fields, values);
		else if (!mistake.field) restore(fields, values);
	} catch (e) {
		report(said, /** @type {Error} */ (e).message, false);
	}
}

/** @param {Field} field */
const valueOf = field => field.type === "checkbox" || field.type === "radio" ? /** @type {HTMLInputElement} */ (field).checked : field.value;

/**
 * saved shows what the saved values change here, and makes them those that later
 * changes are compared with.
 * @param {Field[]} fields
 * @param {(string | boolean)[]} values
 */
function saved(fields, values) {
	const spoken = fields.some(field => field.name === "lang" && isChanged(field));
	for (const [i, field] of fields.entries()) {
		const value = values[i];
		if (field.name === "theme") showTheme(String(value));
		if (field instanceof HTMLSelectElement) for (const option of field.options) option.defaultSelected = option.value === value;
		else if (typeof value === "boolean") field.defaultChecked = value;
		else field.defaultValue = String(value);
	}
	if (spoken) location.reload();
}

/**
 * restore shows again what was chosen before the server refused the values, so that
 * nobody takes for chosen what is not. What was typed stays.
 * @param {Field[]} fields
 * @param {(string | boolean)[]} values
 */
function restore(fields, values) {
	for (const [i, field] of fields.entries()) {
		if (valueOf(field) !== values[i]) continue;
		if (field instanceof HTMLSelectElement) for (const option of field.options) option.selected = option.defaultSelected;
		else if (typeof values[i] === "boolean") field.checked = field.defaultChecked;
	}
}

/**
 * report says how saving ended, also to screen readers if it is the same as before.
 * @param {HTMLElement} place
 * @param {string | undefined} text
 * @param {boolean} ok
 */
function report(place, text, ok) {
	setText(place, "");
	place.dataset.ok = String(ok);
	requestAnimationFrame(() => setText(place, text ?? ""));
}
