// @ts-check
// The field for the recipient of a call: searches while something is typed. The
// list comes from the server as it is shown, with all texts.

import {closest, find, findAll, get, parse, setText} from "./dom.js";
import {request} from "./request.js";

const typingPause = 300; // ms without a key until a search
const repeatAfter = 1200; // ms until a search whose answer may be incomplete is repeated

/** @typedef {HTMLElement} Picker the element with the field, its list and what it says */

/**
 * The search and the timer of each picker.
 * @type {WeakMap<Picker, {search?: AbortController, timer?: ReturnType<typeof setTimeout>}>}
 */
const pending = new WeakMap();

/** @param {Picker} picker */
function pendingOf(picker) {
	const of = pending.get(picker) ?? {};
	pending.set(picker, of);
	return of;
}

/**
 * @param {EventTarget | null} target
 * @returns {Picker | null}
 */
const pickerOf = target => closest(target, "[data-recipient]");

/**
 * @param {Picker} picker
 * @returns {HTMLInputElement}
 */
const fieldOf = picker => get("input[type=text]", picker);

/** @param {Picker} picker */
const listOf = picker => get(".found", picker);

/** @param {Picker} picker */
const optionsOf = picker => findAll("[role=option]:not([aria-disabled])", picker);

/** @param {Picker} picker */
const activeOf = picker => find('[role=option][aria-selected="true"]', picker);

/**
 * start makes a combobox of the picker's text field.
 * @param {Picker} picker
 */
function start(picker) {
	const field = fieldOf(picker);
	if (field.role === "combobox") return;
	field.role = "combobox";
	const attributes = {"aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "recipient-list", "aria-haspopup": "listbox"};
	for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
	showDestination(picker, field.value);
	search(picker);
}

// ---- Searching. Of several answers the one asked for last counts.

/**
 * @param {Picker} picker
 * @param {boolean} [again] the same search is repeated, which leaves the list as open as it is
 */
async function search(picker, again = false) {
	const field = fieldOf(picker), text = field.value, of = pendingOf(picker);
	of.search?.abort();
	const mine = of.search = new AbortController();
	const address = new URL(picker.dataset.recipient ?? "", location.href);
	address.searchParams.set("q", text);
	try {
		const answer = await request(address, {signal: mine.signal, headers: {"HX-Request": "true"}});
		if (answer.status === 401) return;
		if (!answer.ok) throw new Error(String(answer.status));
		const html = await answer.text();
		if (mine === of.search && picker.isConnected && field.value === text) showResults(picker, html, again);
	} catch (e) {
		if (/** @type {Error} */ (e).name !== "AbortError" && mine === of.search) showFailure(picker);
	}
}

/**
 * @param {Picker} picker
 * @param {string} html
 * @param {boolean} again
 */
function showResults(picker, html, again) {
	const {body} = parse(html), activeText = activeOf(picker)?.dataset.shown;
	const verdict = get("p", body), field = fieldOf(picker), chosen = picker.dataset.chosen === field.value;
	verdict.remove();
	listOf(picker).replaceChildren(...body.childNodes);
	find("[role=listbox]", picker)?.setAttribute("aria-label", picker.dataset.list ?? "");
	const exact = optionsOf(picker).find(o => o.dataset.shown === field.value);
	if (!chosen && exact) return choose(picker, exact, again);
	if (!chosen) showVerdict(picker, (verdict.textContent ?? "").trim() ? verdict : "", verdict.dataset.state);
	setOpen(picker, !chosen && (!again || !listOf(picker).hidden));
	if (activeText) activate(picker, optionsOf(picker).find(o => o.dataset.shown === activeText) ?? null);
	if (!chosen && !again) showDestination(picker, verdict.dataset.shown || field.value);
	if ("again" in verdict.dataset && !again) {
		setTimeout(() => { if (picker.isConnected && !listOf(picker).hidden) search(picker, true); }, repeatAfter);
	}
}

/**
 * showVerdict shows a sentence below the field: a text, or the nodes of an element.
 * @param {Picker} picker
 * @param {string | Element} what
 * @param {string} [state]
 */
function showVerdict(picker, what, state = "") {
	const verdict = get(".verdict", picker);
	verdict.dataset.state = state;
	if (typeof what === "string") setText(verdict, what);
	else verdict.replaceChildren(.../** @type {Element} */ (what.cloneNode(true)).childNodes);
}

/** @param {Picker} picker */
function showFailure(picker) {
	listOf(picker).replaceChildren();
	setOpen(picker, false);
	showVerdict(picker, picker.dataset.failed ?? "", "bad");
}

/**
 * showDestination shows in the dialog to whom the call will go.
 * @param {Picker} picker
 * @param {string} text
 */
function showDestination(picker, text) {
	setText(find("[data-recipient-name]", picker.closest("form") ?? document), text.trim() || "…");
}

// ---- The list.

/**
 * @param {Picker} picker
 * @param {boolean} open
 */
function setOpen(picker, open) {
	const shown = open && find("[role=option]", picker) !== null;
	listOf(picker).hidden = !shown;
	fieldOf(picker).setAttribute("aria-expanded", String(shown));
	if (!shown) activate(picker, null);
}

/**
 * @param {Picker} picker
 * @param {Element | null | undefined} option
 */
function activate(picker, option) {
	activeOf(picker)?.setAttribute("aria-selected", "false");
	option?.setAttribute("aria-selected", "true");
	option?.scrollIntoView({block: "nearest"});
	if (option) fieldOf(picker).setAttribute("aria-activedescendant", option.id);
	else fieldOf(picker).removeAttribute("aria-activedescendant");
}

/**
 * step moves n options on; from none to the first or last.
 * @param {Picker} picker
 * @param {1 | -1} n
 */
function step(picker, n) {
	if (listOf(picker).hidden) {
		setOpen(picker, true);
		if (listOf(picker).hidden) return void search(picker);
	}
	const options = optionsOf(picker), active = activeOf(picker), at = active ? options.indexOf(active) : -1;
	activate(picker, at < 0 ? options.at(n > 0 ? 0 : -1) : options[(at + n + options.length) % options.length]);
}

/**
 * choose takes over an option.
 * @param {Picker} picker
 * @param {HTMLElement} option
 * @param {boolean} [quiet] the focus stays where it is
 */
function choose(picker, option, quiet = false) {
	const field = fieldOf(picker), {shown = "", note} = option.dataset, of = pendingOf(picker);
	clearTimeout(of.timer);
	of.search?.abort();
	field.value = picker.dataset.chosen = shown;
	for (const other of /** @type {HTMLInputElement[]} */ (findAll("[name=choice]", picker))) other.checked = false;
	setOpen(picker, false);
	showVerdict(picker, [picker.dataset.dials?.replace("{n}", shown), note].filter(Boolean).join(" "), note ? "warn" : "good");
	showDestination(picker, get("b", option).textContent ?? "");
	if (!quiet) field.focus();
}

// ---- Events.

/** @param {Event} e */
function onInput(e) {
	const picker = pickerOf(e.target);
	if (!picker || e.target !== fieldOf(picker)) return;
	delete picker.dataset.chosen;
	activate(picker, null);
	showDestination(picker, fieldOf(picker).value);
	const of = pendingOf(picker);
	clearTimeout(of.timer);
	of.timer = setTimeout(search, typingPause, picker);
}

/**
 * execute does what a key means, and reports whether it means anything here.
 * @param {Picker} picker
 * @param {KeyboardEvent} e
 */
function execute(picker, {key, altKey}) {
	const shown = !listOf(picker).hidden, active = activeOf(picker);
	switch (key) {
	case "ArrowDown":
	case "ArrowUp":
		if (altKey) setOpen(picker, key === "ArrowDown");
		else step(picker, key === "ArrowDown" ? 1 : -1);
		return true;
	case "Home":
	case "End":
		if (active) activate(picker, optionsOf(picker).at(key === "Home" ? 0 : -1));
		return active !== null;
	case "Escape":
		setOpen(picker, false);
		return shown;
	case "Enter":
		if (active) choose(picker, active);
		return active !== null || focusButtons(picker);
	case "Tab":
		setOpen(picker, false);
	}
	return false;
}

/**
 * focusButtons leads to the buttons of a form that has several: the member must
 * say which of them is meant.
 * @param {Picker} picker
 */
function focusButtons(picker) {
	const buttons = findAll(".ends button", picker.closest("form") ?? document);
	if (buttons.length < 2) return false;
	buttons[0]?.focus();
	return true;
}

/** startRecipient makes comboboxes of the fields for recipients. */
export function startRecipient() {
	document.addEventListener("input", onInput);

	let handled = false;
	document.addEventListener("keydown", e => {
		const picker = pickerOf(e.target);
		handled = picker !== null && e.target === fieldOf(picker) && !e.isComposing && !e.ctrlKey && !e.metaKey && execute(picker, e);
		if (!handled) return;
		e.preventDefault();
		e.stopPropagation();
	}, true);
	// The key press would send the form.
	document.addEventListener("keypress", e => { if (handled && e.key === "Enter") e.preventDefault(); }, true);

	// A press keeps the caret in the field, so that a click is one.
	document.addEventListener("pointerdown", e => { if (closest(e.target, "[data-recipient] [role=option]")) e.preventDefault(); });
	document.addEventListener("click", e => {
		const picker = pickerOf(e.target);
		/** @type {HTMLElement | null} */
		const option = closest(e.target, "[data-recipient] [role=option]");
		if (picker && option && !option.hasAttribute("aria-disabled")) choose(picker, option);
		else if (picker && e.target === fieldOf(picker) && listOf(picker).hidden) setOpen(picker, true);
	});

	document.addEventListener("dialog:shown", e => {
		const picker = find("[data-recipient]", /** @type {Element} */ (e.target));
		if (picker) start(picker);
	});
	const alone = find(".alone [data-recipient]");
	if (alone) start(alone);
}
