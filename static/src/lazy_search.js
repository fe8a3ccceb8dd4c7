// @ts-check
// The keys that lead to the search field. Loads the scripts of searching and of the
// user's menu when they are needed first: most visits need none.

import {showCommandKey} from "./command_key.js";
import {closest, find, isTyping, singleKeys} from "./dom.js";
import {whenUsed} from "./first_use.js";

/** @param {HTMLElement | null} element that says where the script is */
function load(element) {
	if (element) whenUsed().then(() => import(element.dataset.script ?? "")).catch(() => {}); // a browser loads it once; the page works without
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
	showCommandKey();
	document.addEventListener("focusin", e => load(closest(e.target, "[data-script]")));
	document.addEventListener("toggle", e => load(closest(e.target, "details[data-script][open]")), true);
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
