// @ts-check
// The menu's entries behind "More" are shown until a click elsewhere.

import {find, findAll, get} from "./dom.js";

/** startMenu closes the menu. */
export function startMenu() {
	document.addEventListener("click", e => {
		for (const d of /** @type {HTMLDetailsElement[]} */ (findAll("details[data-drop][open]"))) {
			if (!d.contains(/** @type {Node} */ (e.target))) d.open = false;
		}
	});
	document.addEventListener("keydown", e => {
		/** @type {HTMLDetailsElement | null} */
		const d = e.key === "Escape" ? find("details[data-drop][open]") : null;
		if (!d) return;
		d.open = false;
		get("summary", d).focus();
		e.stopImmediatePropagation();
	});
}
