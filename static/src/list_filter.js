// @ts-check
// Filters of the lists in dialogs and of the team: items whose name lacks a typed word
// are hidden.

import {find, findAll} from "./dom.js";
import {hasWords} from "./text_search.js";

/** startListFilter handles fields with data-filter, which holds the selector of the items. */
export function startListFilter() {
	document.addEventListener("input", e => {
		const field = /** @type {HTMLInputElement} */ (e.target), selector = field.dataset?.filter, place = field.closest(".dialog") ?? document;
		if (!selector) return;
		const items = findAll(selector, place), none = find("[data-filtered-out]", field.closest(".dialog, details") ?? place);
		for (const i of items) i.hidden = !hasWords(i.dataset.name ?? find("b", i)?.textContent ?? "", field.value);
		if (none) none.hidden = items.some(i => !i.hidden);
	});
}
