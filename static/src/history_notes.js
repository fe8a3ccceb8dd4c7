// @ts-check
// Notes on past calls. The server shows what was written; here the form is opened
// and closed.

import {closest, find, findAll, get} from "./dom.js";

/**
 * close closes a form, and the menu that it is in.
 * @param {HTMLDetailsElement} details
 */
function close(details) {
	/** @type {HTMLDetailsElement | null} */
	const menu = details.closest("details[data-drop]");
	details.open = false;
	if (menu) menu.open = false;
	get("summary", menu ?? details).focus();
}

/** startHistoryNotes opens and closes the forms for notes. */
export function startHistoryNotes() {
	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail;
		/** @type {HTMLDetailsElement | null} */
		const details = closest(ctx.sourceElement, ".noting");
		if (details && ctx.response.status < 400) close(details);
	});
	document.addEventListener("toggle", e => {
		const details = /** @type {Element} */ (e.target);
		if (!details.matches?.(".noting[open]")) return;
		find("textarea", details)?.focus();
		find("form", details)?.scrollIntoView({block: "nearest"});
	}, true);
	document.addEventListener("keydown", e => {
		/** @type {HTMLDetailsElement | null} */
		const details = e.key === "Escape" ? closest(e.target, ".noting[open]") : null;
		if (!details) return;
		close(details);
		e.stopPropagation();
	});
	document.addEventListener("click", e => {
		for (const d of /** @type {HTMLDetailsElement[]} */ (findAll(".noting[open]"))) {
			if (!d.contains(/** @type {Node} */ (e.target))) d.open = false;
		}
	});
}
