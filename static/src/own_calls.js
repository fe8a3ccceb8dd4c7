// @ts-check
// The board with the member's own calls only. The rows of others stay in the
// page and are hidden by a rule, so that nothing flickers when they change.

import {find, findAll, get, message, setText} from "./dom.js";
import {countText} from "./format.js";
import {boardRows} from "./row_animation.js";

/** startOwnCalls handles the button that hides the calls of others. */
export function startOwnCalls() {
	const live = find("#live"), form = find("#own-calls");
	if (!live || !form) return;

	const note = get("#hidden-calls");
	/** @type {HTMLButtonElement} */
	const button = get("button", form);
	const own = `.row[data-owners~="${CSS.escape(message("member"))}"]`;
	const sheet = new CSSStyleSheet();
	// A row in use may wait in another section. To ask which sections have own rows, a
	// browser would look at all rows with each change.
	sheet.insertRule(`#live[data-own-calls] :is(.row:not(${own}), .sec:not([data-section=own], :hover, :focus-within)) { display: none !important }`);
	// Who is to be connected reads that, in place of who waits and who is asked.
	const asked = `.consult[data-for~="${CSS.escape(message("member"))}"]`;
	sheet.insertRule(`#board ${asked} > p { display: none }`);
	sheet.insertRule(`#board ${asked} > .asks-you { display: block; font-weight: 620 }`);
	document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

	// Without script, the rows of others are hidden by themselves.
	for (const row of findAll(".row[hidden]", live)) row.hidden = false;

	// updateNote shows how many rows are hidden.
	const updateNote = () => {
		const on = live.hasAttribute("data-own-calls"), hidden = on ? boardRows().filter(row => !row.matches(own)).length : 0;
		note.toggleAttribute("hidden", !on);
		setText(note, countText(hidden, note.dataset));
	};

	/** @param {boolean} on */
	const set = on => {
		live.toggleAttribute("data-own-calls", on);
		button.setAttribute("aria-pressed", String(on));
		button.value = String(!on);
		updateNote();
	};

	// The click counts here at once; the server keeps it for next time.
	form.addEventListener("submit", () => setTimeout(() => set(!live.hasAttribute("data-own-calls"))));

	let saved = get("#preferences").dataset.ownCalls;
	document.addEventListener("feed:applied", () => {
		const now = get("#preferences").dataset.ownCalls;
		if (now === saved) return updateNote();
		saved = now;
		set(now === "on");
	});
}
