// @ts-check
// The headings of the sections say how many calls there are that have not ended, and
// how many of them the search shows. A row that waits in another section, since it is
// in use, counts where it belongs.

import {belongsIn} from "./board_rows.js";
import {find, setText} from "./dom.js";
import {boardRows, rowLists} from "./row_animation.js";

/** @type {Set<HTMLElement>} */
let filtered = new Set(); // rows that the search hides

function updateCounts() {
	/** @type {Record<string, {all: number, shown: number}>} */
	const counts = {};
	for (const row of boardRows()) {
		if (row.getAttribute("data-state") === "ended") continue;
		const count = counts[belongsIn(row)] ??= {all: 0, shown: 0};
		count.all++;
		if (!filtered.has(row)) count.shown++;
	}
	for (const list of rowLists()) {
		const section = /** @type {HTMLElement} */ (list.parentElement);
		const {all, shown} = counts[section.dataset.section ?? ""] ?? {all: 0, shown: 0}, count = find(".count", section);
		setText(count, shown < all ? (count?.dataset.some ?? "").replace("{n}", String(shown)).replace("{all}", String(all)) : String(all));
	}
}

/** startSectionCounts keeps the headings current. */
export function startSectionCounts() {
	document.addEventListener("feed:applied", updateCounts);
	document.addEventListener("calls:filtered", e => {
		filtered = e.detail;
		updateCounts();
	});
}
