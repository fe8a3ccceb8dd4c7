// @ts-check
// The field for the recipient of a call. Who is chosen stands in its place, with
// the name. Enter is the first button of the form, Ctrl+Enter the second.

import {createCombobox} from "./combobox.js";
import {showCommandKey} from "./command_key.js";
import {find, findAll, get, setText} from "./dom.js";

/** @typedef {HTMLElement} Picker the element with the field, its list and what it says */

const started = new WeakSet(); // fields

/**
 * buttonOf returns the button of the form that a key presses.
 * @param {HTMLFormElement} form
 * @param {boolean} ctrl
 * @returns {HTMLButtonElement | null}
 */
const buttonOf = (form, ctrl) => (ctrl ? find("[data-ctrl-enter]", form) : null) ?? find("[data-enter]", form);

/**
 * addButtons gives each option the buttons of the form, for the mouse.
 * @param {Element} content
 * @param {HTMLFormElement} form
 */
function addButtons(content, form) {
	const buttons = document.createElement("span");
	buttons.className = "presses";
	buttons.ariaHidden = "true"; // the form has them, too
	for (const key of ["enter", "ctrlEnter"]) {
		const of = findAll(".ends button", form).find(b => key in b.dataset);
		if (!of) continue;
		const button = document.createElement("button");
		button.type = "button";
		button.tabIndex = -1;
		button.className = of.className + " small";
		button.dataset.press = key;
		button.textContent = of.dataset[key] ?? "";
		buttons.append(button);
	}
	for (const option of findAll("[role=option]:not([aria-disabled])", content)) option.after(buttons.cloneNode(true));
}

/**
 * start makes a combobox of the picker's text field.
 * @param {Picker} picker
 */
function start(picker) {
	/** @type {HTMLInputElement} */
	const field = get("input[type=text]", picker);
	const form = /** @type {HTMLFormElement} */ (picker.closest("form"));
	if (started.has(field)) return;
	started.add(field);
	const list = get(".found", picker), chip = get(".chosen", picker), label = get("label", picker);

	/**
	 * send presses a button of the form.
	 * @param {boolean} ctrl
	 */
	function send(ctrl) {
		const button = buttonOf(form, ctrl);
		button?.focus();
		button?.click();
	}

	/**
	 * take takes over an option: the form has its number, and shows its name.
	 * @param {HTMLElement} option
	 */
	function take(option) {
		const {shown = "", note = ""} = option.dataset, name = get("b", option).textContent ?? "";
		combobox.stop();
		combobox.setOpen(false);
		field.value = shown;
		for (const other of /** @type {HTMLInputElement[]} */ (findAll("[name=choice]", picker))) other.checked = false;
		const [named, number] = [get("b", chip), get("small", chip)];
		setText(named, name);
		named.title = name;
		setText(number, name === shown ? "" : shown);
		chip.hidden = false;
		label.hidden = true;
		showVerdict(note, note ? "warn" : "");
		showDestination(name);
	}

	/** release leads back from who was chosen to the field. */
	function release() {
		chip.hidden = true;
		label.hidden = false;
		field.value = "";
		showDestination("");
		field.focus();
		combobox.search();
	}

	/**
	 * showVerdict shows a sentence below the field: a text, or the nodes of an element.
	 * @param {string | Element} what
	 * @param {string} [state]
	 */
	function showVerdict(what, state = "") {
		const verdict = get(".verdict", picker);
		verdict.dataset.state = state;
		if (typeof what === "string") setText(verdict, what);
		else verdict.replaceChildren(.../** @type {Element} */ (what.cloneNode(true)).childNodes);
	}

	/**
	 * showDestination shows in the dialog to whom the call will go.
	 * @param {string} text
	 */
	function showDestination(text) {
		setText(find("[data-recipient-name]", form), text.trim() || "…");
	}

	const given = field.value; // by the address of the dialog
	const combobox = createCombobox({
		field, list,
		address(text) {
			const address = new URL(picker.dataset.recipient ?? "", location.href);
			address.searchParams.set("q", text);
			return address;
		},
		arrange(content, text) {
			const verdict = get("p", content);
			verdict.remove();
			addButtons(content, form);
			showVerdict((verdict.textContent ?? "").trim() ? verdict : "", verdict.dataset.state);
			showDestination(verdict.dataset.shown || text);
			return verdict;
		},
		failed: () => showVerdict(picker.dataset.failed ?? "", "bad"),
		execute(option, ctrl) {
			take(option);
			send(ctrl);
		},
		choose(option) {
			take(option);
			buttonOf(form, false)?.focus();
		},
		enter(ctrl) {
			if (field.reportValidity()) send(ctrl);
		},
		changed: () => showDestination(field.value),
	});

	get("button", chip).addEventListener("click", release);
	list.addEventListener("click", e => {
		const button = /** @type {HTMLElement} */ (e.target), {press} = button.dataset;
		const option = button.closest("li");
		if (!press || !option) return;
		take(get("[role=option]", option));
		send(press === "ctrlEnter");
	});
	form.addEventListener("keydown", e => {
		if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.defaultPrevented || !field.value || e.repeat) return;
		e.preventDefault();
		send(true);
	});

	showDestination(given);
	combobox.search().then(() => {
		const exact = given && field.value === given && combobox.options().find(o => o.dataset.shown === given);
		if (!exact) return;
		take(exact);
		buttonOf(form, false)?.focus();
	});
}

/** startRecipient makes comboboxes of the fields for recipients. */
export function startRecipient() {
	const startAll = () => {
		findAll("[data-recipient]").forEach(start);
		showCommandKey();
	};
	document.addEventListener("dialog:shown", startAll);
	startAll();
}
