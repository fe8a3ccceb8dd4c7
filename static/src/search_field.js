// @ts-check
// The one field for everything: what is typed is searched for by the server, and
// among the pages and commands of this page. Enter does what the marked result says.

import {createCombobox} from "./combobox.js";
import {find, findAll, get, message, processNew, setText} from "./dom.js";
import {setPreference} from "./preference.js";
import {showScripted} from "./scripted.js";
import {findCommands, placeOfCommands} from "./commands.js";

const unlikely = ["of_member", "announcements", "commands", "history"].map(g => `[data-group=${g}]`).join(); // if there is anything else

/**
 * labelOf returns what a link or button is called.
 * @param {HTMLElement} element
 */
const labelOf = element => (find("span", element) ?? element).textContent?.trim().replace(/\s+/g, " ") ?? "";

/**
 * addCommands adds the pages and commands that match to an answer of the server, with
 * the template that is in it. It returns all pages and commands; options name them by
 * their index.
 * @param {HTMLElement} content
 * @param {string} text
 */
function addCommands(content, text) {
	const {content: template} = /** @type {HTMLTemplateElement} */ (get("template", content));
	get("template", content).remove();
	/** @type {HTMLElement[]} */
	const elements = [...findAll(".menu a, [data-command]"), ...findAll("a, button", template)];
	const names = elements.map(labelOf), found = findCommands(names, text), group = get("ul", template), line = get("li:not(.heading)", group);
	if (!found.length) return elements;
	let list = find("[role=listbox]", content);
	if (!list) {
		list = document.createElement("div");
		list.role = "listbox";
		list.id = "search-list";
		content.prepend(list);
	}
	for (const i of found) {
		const item = /** @type {HTMLElement} */ (line.cloneNode(true)), option = get("[role=option]", item), element = elements[i];
		option.id = option.dataset.shown = "command-" + i;
		option.dataset.target = String(i);
		setText(get("b", option), names[i] ?? "");
		const icon = element && find("svg", element)?.cloneNode(true);
		if (icon) get(".kind", option).append(icon);
		group.append(item);
	}
	line.remove();
	if (placeOfCommands(found.map(i => names[i] ?? ""), text) === "first") list.prepend(group);
	else list.insertBefore(group, find("[data-group=history]", list));
	return elements;
}

/** startSearchField makes a combobox of the field in the header. */
export function startSearchField() {
	const root = find("[data-search]");
	if (!root) return;
	/** @type {HTMLInputElement} */
	const field = get("#search", root);
	const list = get(".found", root), status = get("[role=status]", root);
	const link = document.createElement("a"); // which the page's script follows
	link.hidden = true;
	root.append(link);
	/** @type {Element | null} */
	let before = null; // what had the focus
	/** @type {HTMLFormElement | null} */
	let call = null; // the form that calls, of those who may
	let calling = false; // a call was started whose progress is not shown yet

	/** @type {HTMLElement[]} */
	let commands = [];

	/** @param {HTMLElement} [command] a link or a button, of the page or not */
	async function press(command) {
		if (command?.isConnected) return command.click();
		if (!(command instanceof HTMLButtonElement)) return follow(command?.getAttribute("href") ?? "/", command?.dataset.dialog !== undefined);
		setText(status, await setPreference(command.name, command.value));
	}

	/** leave empties the field, which ends the filter of the board. */
	function leave() {
		field.value = "";
		field.dispatchEvent(new Event("input", {bubbles: true}));
		combobox.stop();
		combobox.setOpen(false);
	}

	/** giveBack gives the focus back to what had it. */
	function giveBack() {
		if (before instanceof HTMLElement && before.isConnected && before.offsetParent) before.focus();
		else field.blur();
	}

	/**
	 * follow opens a page, or a dialog.
	 * @param {string} address
	 * @param {boolean} dialog
	 */
	function follow(address, dialog) {
		link.href = address;
		link.toggleAttribute("data-dialog", dialog);
		link.click();
	}

	/**
	 * takeForm takes the form that calls out of an answer: each has an action id of its
	 * own.
	 * @param {HTMLElement | null} form
	 */
	function takeForm(form) {
		call?.remove();
		call = /** @type {HTMLFormElement | null} */ (form);
		if (!call) return;
		root?.append(call);
		processNew(call);
	}

	/**
	 * startCall calls a number at once. If that fails, the dialog asks for the rest.
	 * @param {string} number
	 */
	function startCall(number) {
		if (!call) return;
		/** @type {HTMLInputElement} */ (get("[name=callee]", call)).value = number;
		calling = true;
		call.requestSubmit();
	}

	/**
	 * goToRow gives the focus to a row of the board, and reports whether there is one.
	 * @param {string} id
	 */
	function goToRow(id) {
		const row = document.getElementById(id);
		if (!row?.offsetParent) return false;
		row.focus();
		row.scrollIntoView({block: "nearest"});
		return true;
	}

	const combobox = createCombobox({
		field, list,
		address(text) {
			const address = new URL(root.dataset.search ?? "", location.href);
			address.searchParams.set("q", text);
			return address;
		},
		arrange(content, text) {
			const about = get("p", content);
			about.remove();
			takeForm(find("form", content));
			commands = addCommands(content, text);
			setText(status, (about.textContent ?? "").trim().replace(/\s+/g, " "));
			return about;
		},
		failed: () => setText(status, message("unreachable")),
		execute(option, ctrl) {
			const {effect, target = "", shown = "", call: number} = option.dataset;
			leave();
			if (ctrl && number) return startCall(number);
			switch (effect) {
			case "call":
				return startCall(target);
			case "dialog":
			case "open":
				return follow(target, effect === "dialog");
			case "row":
				return goToRow(shown) || follow(target, false);
			case "press":
				return press(commands[Number(target)]);
			}
		},
		choose: option => combobox.execute(option, false),
		choices: options => options.filter(o => !o.closest("[data-group]")?.matches(unlikely)).length,
		enter() {},
		escape() {
			leave();
			giveBack();
		},
	});

	field.addEventListener("focus", e => { before = /** @type {FocusEvent} */ (e).relatedTarget instanceof Element ? /** @type {Element} */ (e.relatedTarget) : before; });
	field.addEventListener("blur", () => combobox.setOpen(false));
	field.form?.addEventListener("submit", e => e.preventDefault());
	document.addEventListener("htmx:after:swap", () => {
		/** @type {HTMLDialogElement | null} */
		const dialog = find("#modal:not([open])"), stage = dialog && find("#originate", dialog);
		if (!calling || !dialog || !stage) return;
		calling = false;
		dialog.setAttribute("aria-labelledby", "dialog-title");
		showScripted(/** @type {Element} */ (stage.closest(".dialog")));
		dialog.showModal();
	});
	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail;
		if (!call || ctx.sourceElement !== call || ![409, 422].includes(ctx.response.status)) return;
		follow("/calls/new?to=" + encodeURIComponent(/** @type {HTMLInputElement} */ (get("[name=callee]", call)).value), true);
	});
	if (field.value) combobox.search();
}
