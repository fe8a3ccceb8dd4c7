// @ts-check
// Buttons that copy what is in a field.

import {closest, findAll, setText} from "./dom.js";

/**
 * copy puts the text of a field on the clipboard, and reports whether it did. Pages
 * without a secure connection can only copy what is selected.
 * @param {HTMLInputElement} field
 */
async function copy(field) {
	field.select();
	try {
		await navigator.clipboard.writeText(field.value);
		return true;
	} catch {
		return document.execCommand("copy");
	}
}

/** startCopy handles them. They have data-copy, the id of the field, and data-copied, their text then. */
export function startCopy() {
	for (const button of findAll("[data-copy]")) {
		button.hidden = false;
		button.setAttribute("aria-live", "polite");
	}
	document.addEventListener("click", async e => {
		const button = closest(e.target, "[data-copy]");
		const field = button && /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.copy ?? ""));
		if (button && field && await copy(field)) setText(button, button.dataset.copied ?? "");
	});
}
