// @ts-check
// The keys that lead to the search field. Loads the script of searching when it is
// needed first: most visits need none.

import {closest, find, isTyping, singleKeys} from "./dom.js";

let loaded = false;

/** @param {HTMLElement | null} element that says where the script is */
function load(element) {
	if (loaded || !element) return;
	loaded = true;
	import(element.dataset.script ?? "").catch(() => { loaded = false; }); // without it the server searches
}

/**
 * leadsToField reports whether a key leads to the search field.
 * @param {KeyboardEvent} e
 */
function leadsToField(e) {
	if (e.altKey || e.shiftKey && e.key !== "/" || find("dialog[open]")) return false;
	if (e.ctrlKey || e.metaKey) return e.key.toLowerCase() === "k";
	return e.key === "/" && singleKeys() && !isTyping(e.target);
}

/** startLazySearch loads the script of elements with data-script. */
export function startLazySearch() {
	document.addEventListener("focusin", e => load(closest(e.target, "[data-script]")));
	document.addEventListener("dialog:shown", e => load(find("[data-script]", /** @type {Element} */ (e.target))));
	load(find(".alone [data-recipient]"));
	document.addEventListener("keydown", e => {
		/** @type {HTMLInputElement | null} */
		const field = find("#search");
		if (!field || !leadsToField(e)) return;
		e.preventDefault();
		field.focus();
		field.select();
	});
}
