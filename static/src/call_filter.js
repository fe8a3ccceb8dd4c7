// @ts-check
// The search field filters the board: it shows the calls whose parties match what is typed.
// Rows stay in the page and are hidden by a rule, so that the feed changes them
// as before; a ringing call is never hidden.

import {find, findAll, get, setText} from "./dom.js";
import {countText} from "./format.js";
import {matches, parseQuery} from "./text_search.js";

/** @param {Element} row */
const partiesOf = row => [".who", ".us"].map(part => find(part, row)?.textContent ?? "").join(" ");

/**
 * hiddenSelectors returns the selectors of the hidden rows, and of the sections
 * that have no other rows.
 * @param {Element} live
 * @param {Set<HTMLElement>} hidden
 */
function hiddenSelectors(live, hidden) {
	const sections = findAll(".sec", live).filter(section => {
		const rows = findAll(".row", section);
		return rows.length > 0 && rows.every(row => hidden.has(row));
	});
	return [...Array.from(hidden, row => "#" + CSS.escape(row.id)), ...sections.map(s => `.sec[data-section="${s.dataset.section}"]`)];
}

/** startCallFilter handles the field of the filter. */
export function startCallFilter() {
	/** @type {HTMLInputElement | null} */
	const field = find("#search");
	const live = find("#live");
	if (!field || !live) return;
	const note = get("#filter-note"), sheet = new CSSStyleSheet();
	let rule = "";
	document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

	// apply hides the rows that do not match, and shows how many these are.
	const apply = () => {
		const query = parseQuery(field.value), rows = query.words.length ? findAll(".row", live) : [];
		const hidden = new Set(rows.filter(row => row.dataset.state !== "ringing" && !matches(partiesOf(row), query)));
		const before = rule, now = hidden.size ? hiddenSelectors(live, hidden).join(",") + "{display:none!important}" : "";
		if (now !== rule) sheet.replaceSync(rule = now); // each time, a browser looks at all elements
		setText(note, query.words.length ? countText(hidden.size, note.dataset) : "");
		if (before || now) document.dispatchEvent(new CustomEvent("calls:filtered", {detail: hidden}));
	};

	field.addEventListener("input", apply);
	document.addEventListener("feed:applied", apply);
	if (field.value) apply(); // the browser kept it over a reload
}
