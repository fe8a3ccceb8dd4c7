// @ts-check
// Filters of the lists in dialogs and of the team: items whose name lacks a typed word
// are hidden, and those that are not in the group whose button is pressed. What is
// typed may also be of the name of a group.

import {find, findAll} from "./dom.js";
import {hasWords} from "./text_search.js";

/** startListFilter handles fields with data-filter, which holds the selector of the items. */
export function startListFilter() {
	document.addEventListener("input", e => {
		const field = /** @type {HTMLInputElement} */ (e.target), selector = field.dataset?.filter, place = field.closest(".dialog") ?? document;
		if (!selector) return;
		const items = findAll(selector, place), none = find("[data-filtered-out]", field.closest(".dialog, details") ?? place);
		const group = find("[data-group][aria-pressed=true]", field.closest("details") ?? place)?.dataset.group;
		for (const i of items) {
			const {name = find("b", i)?.textContent, groups = ""} = i.dataset;
			i.hidden = !hasWords(`${name} ${groups}`, field.value) || group !== undefined && !groups.split("\n").includes(group);
		}
		if (none) none.hidden = items.some(i => !i.hidden);
	});
}
