// @ts-check
// Registers Callboard for tel: links, by a click on the page of settings. The
// browser asks once more itself, and a link then only opens the dialog of a new
// call.

import {find, get, setText} from "./dom.js";

/** startTelLinks shows the button where the browser can do that. */
export function startTelLinks() {
	const button = find("[data-tel]");
	if (!button || !navigator.registerProtocolHandler) return;
	const status = get("[data-tel-done]");
	button.hidden = false;
	get("[data-tel-without]").hidden = true;
	button.addEventListener("click", () => {
		try {
			navigator.registerProtocolHandler("tel", location.origin + button.dataset.tel);
			setText(status, status.dataset.telDone ?? "");
		} catch {
			setText(status, status.dataset.telFailed ?? "");
		}
	});
}
