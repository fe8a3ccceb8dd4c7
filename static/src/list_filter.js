// @ts-check
// Filters of the lists in dialogs: items whose name lacks a typed word are hidden.

import {find, findAll} from "./dom.js";
import {hasWords} from "./text_search.js";

/** startListFilter handles fields with data-filter, which holds the selector of the items. */
export function startListFilter() {
	document.addEventListener("input", e => {
		const field = /** @type {HTMLInputElement} */ (e.target), selector = field.dataset?.filter, dialog = field.closest(".dialog");
		if (!selector || !dialog) return;
		const items = findAll(selector, dialog), none = find("[data-filtered-out]", dialog);
		for (const i of items) i.hidden = !hasWords(i.dataset.name ?? "", field.value);
		if (none) none.hidden = items.some(i => !i.hidden);
	});
}
