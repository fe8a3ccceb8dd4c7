// @ts-check
// Questions before an action that cannot be undone. Hanging up can be.

import {find, get, setText} from "./dom.js";

/**
 * askIn shows a dialog that has a form, and resolves to whether it was answered
 * with yes.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<boolean>}
 */
export function askIn(dialog) {
	dialog.showModal();
	return new Promise(resolve => {
		// A hidden page gets the event "close" late, with its next frame. So the
		// answer is taken from the form.
		dialog.addEventListener("close", function closed() {
			if (dialog.open) return; // late, from the question before
			dialog.removeEventListener("close", closed);
			resolve(false);
		});
		get("form", dialog).addEventListener("submit", e => {
			resolve(/** @type {HTMLButtonElement | null} */ (e.submitter)?.value === "yes");
		}, {once: true});
	});
}

/**
 * confirmAction asks text, with yes as the label of the button that agrees.
 * @param {string} text
 * @param {string} [yes]
 */
function confirmAction(text, yes) {
	/** @type {HTMLDialogElement} */
	const dialog = get("#confirm");
	const button = get("[value=yes]", dialog);
	button.dataset.word ??= button.textContent ?? "";
	button.textContent = yes || button.dataset.word;
	setText(find("#confirm-text"), text);
	return askIn(dialog);
}

/** startConfirmation asks before forms with data-ask are sent. */
export function startConfirmation() {
	document.addEventListener("submit", e => {
		const form = /** @type {HTMLFormElement} */ (e.target);
		if (!form.dataset.ask || form.dataset.sure) return;
		e.preventDefault();
		confirmAction(form.dataset.ask, form.dataset.yes).then(yes => {
			if (!yes) return;
			form.dataset.sure = "1";
			form.requestSubmit();
		});
	});
}
