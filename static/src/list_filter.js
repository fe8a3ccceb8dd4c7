// @ts-check
// A field that keeps of a dialog's list what has the typed words in its name.

import {find, findAll} from "./dom.js";
import {hasWords} from "./text_search.js";

/** startListFilter obeys the fields with data-filter, the selector of the items. */
export function startListFilter() {
	document.addEventListener("input", e => {
		const field = /** @type {HTMLInputElement} */ (e.target), selector = field.dataset?.filter, dialog = field.closest(".sheet");
		if (!selector || !dialog) return;
		const items = findAll(selector, dialog), none = find("[data-filtered-out]", dialog);
		for (const i of items) i.hidden = !hasWords(i.dataset.name ?? "", field.value);
		if (none) none.hidden = items.some(i => !i.hidden);
	});
}
