// @ts-check
// The keyboard: j and k go from call to call, a letter presses the button that
// has it.

import {openCard} from "./caller_card.js";
import {openDialog} from "./dialogs.js";
import {find, findAll, isTyping, singleKeys} from "./dom.js";
import {shortcutOf} from "./keys.js";

/**
 * undo takes back hanging up: of the row with the focus, else what was begun
 * last. It reports whether there was something.
 * @param {Element | null | undefined} row
 */
function undo(row) {
	/** @param {Element} form */
	const begun = form => Number(/** @type {HTMLElement | null} */ (form.previousElementSibling)?.dataset.at);
	/** @type {HTMLFormElement[]} */
	const forms = findAll(".rows .undo");
	const form = row && /** @type {HTMLFormElement | null} */ (find(".undo", row)) || forms.sort((a, b) => begun(b) - begun(a))[0];
	form?.requestSubmit();
	return Boolean(form);
}

/**
 * step moves the focus n rows on, or to the first or last.
 * @param {HTMLElement[]} rows
 * @param {HTMLElement | null | undefined} row
 * @param {number} n
 */
function step(rows, row, n) {
	const next = rows[row ? rows.indexOf(row) + n : n > 0 ? 0 : rows.length - 1];
	next?.focus();
	next?.scrollIntoView({block: "nearest"});
}

/** @type {Record<string, string>} */
const actions = {h: "hold", m: "mute", t: "transfer", d: "keypad", a: "announce", r: "record", R: "how", x: "hangup"}; // classes of buttons

/**
 * press clicks the button of a key, and reports whether there is one.
 * @param {Element | null | undefined} row
 * @param {string} key
 * @param {boolean} shiftKey
 */
function press(row, key, shiftKey) {
	const button = row && find(".act." + actions[key], row) || find(`.tools [data-key="${key}"]`);
	button?.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey}));
	return Boolean(button);
}

/**
 * execute does what a key means, and reports whether it means anything.
 * @param {string} key as the shortcuts name it
 * @param {EventTarget | null} target
 */
function execute(key, target) {
	/** @type {HTMLElement | null | undefined} */
	const row = document.activeElement?.closest("#board .row");
	switch (true) {
	case key === "j" || key === "k":
		step(findAll("#board .row").filter(r => r.offsetParent), row, key === "j" ? 1 : -1);
		return true;
	case key === "u" || key === "Escape":
		return undo(row);
	case key === "?":
		openDialog("/shortcuts");
		return true;
	case key === "Enter" && row && target === row:
		openCard(/** @type {HTMLElement} */ (row));
		return true;
	case key === "w" && row !== null && row !== undefined:
		openCard(/** @type {HTMLElement} */ (row), true);
		return true;
	case key === "R":
		return press(row, key, false);
	case key === "X":
		return press(row, "x", true);
	default:
		return /^[a-z]$/.test(key) && press(row, key, false);
	}
}

/** startShortcuts executes shortcuts, except in fields. */
export function startShortcuts() {
	document.addEventListener("keydown", e => {
		if (e.key.length === 1 && !singleKeys()) return;
		const key = shortcutOf(e);
		if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey || e.repeat && !"jk".includes(key)) return;
		if (isTyping(e.target, ", audio") || find("dialog[open]")) return;
		if (execute(key, e.target)) e.preventDefault();
	});
}
