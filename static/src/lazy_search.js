// @ts-check
// Loads the script of searching when it is needed first: most visits need none.

import {closest, find} from "./dom.js";

let loaded = false;

/** @param {HTMLElement | null} element that says where the script is */
function load(element) {
	if (loaded || !element) return;
	loaded = true;
	import(element.dataset.script ?? "").catch(() => { loaded = false; }); // without it the server searches
}

/** startLazySearch loads the script of elements with data-script. */
export function startLazySearch() {
	document.addEventListener("focusin", e => load(closest(e.target, "[data-script]")));
	document.addEventListener("dialog:shown", e => load(find("[data-script]", /** @type {Element} */ (e.target))));
	load(find(".alone [data-script]"));
}
