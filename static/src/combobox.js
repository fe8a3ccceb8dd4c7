// @ts-check
// A text field with a list of what was found, after the pattern of ARIA: the focus
// stays in the field, and keys choose in the list. The server searches and writes
// the list.

import {closest, find, findAll, parse} from "./dom.js";
import {enterMeaning} from "./enter_meaning.js";
import {request} from "./request.js";

const typingPause = 120; // ms without a key until a search
const repeatAfter = 1200; // ms until a search whose answer may be incomplete is repeated

/**
 * @typedef {object} Parts
 * @property {HTMLInputElement} field
 * @property {HTMLElement} list where the results are shown
 * @property {(text: string) => URL} address of the search
 * @property {(content: HTMLElement, text: string) => HTMLElement} arrange is given the answer
 *   of a search, takes out of it what is not for the list, and returns what tells about it:
 *   the element with the data attributes "shown" and "again"
 * @property {() => void} failed is called when the search failed
 * @property {(option: HTMLElement, ctrl: boolean) => void} execute does what Enter means
 * @property {(option: HTMLElement) => void} choose does what a click means
 * @property {(ctrl: boolean) => void} enter does what Enter means without an option
 * @property {(options: HTMLElement[]) => number} [choices] returns among how many of the options
 *   Enter decides if nobody has seen them
 * @property {() => void} [changed] is called when something was typed
 * @property {() => void} [escape] does what Escape means; without it, Escape closes the list
 */

/**
 * createCombobox makes a text field with the role of a combobox work.
 * @param {Parts} parts
 */
export function createCombobox(parts) {
	const {field, list} = parts;
	/** @type {AbortController | undefined} */
	let searching;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	/** @type {string | null} */
	let shownFor = null; // the text that the list is about
	/** @type {{ctrl: boolean} | null} */
	let entered = null; // Enter was pressed before the list was about the text
	let handled = false; // the key that is down has done its work

	/** @returns {HTMLElement[]} */
	const options = () => findAll("[role=option]:not([aria-disabled])", list);
	const active = () => find('[role=option][aria-selected="true"]', list);

	/** @param {Element | null | undefined} option */
	function activate(option) {
		active()?.setAttribute("aria-selected", "false");
		option?.setAttribute("aria-selected", "true");
		option?.scrollIntoView({block: "nearest"});
		if (option) field.setAttribute("aria-activedescendant", option.id);
		else field.removeAttribute("aria-activedescendant");
	}

	/** @param {boolean} open */
	function setOpen(open) {
		const shown = open && find("[role=option]", list) !== null;
		list.hidden = !shown;
		field.setAttribute("aria-expanded", String(shown));
		if (!shown) activate(null);
	}

	/**
	 * step moves n options on; from none to the first or last.
	 * @param {1 | -1} n
	 */
	function step(n) {
		if (list.hidden) setOpen(true);
		if (list.hidden) return void search();
		const all = options(), current = active(), at = current ? all.indexOf(current) : -1;
		activate(at < 0 ? all.at(n > 0 ? 0 : -1) : all[(at + n + all.length) % all.length]);
	}

	// ---- Searching. Of several answers the one asked for last counts.

	/** @param {boolean} [again] the same search is repeated, which leaves the list as open as it is */
	async function search(again = false) {
		const text = field.value;
		stop();
		const mine = searching = new AbortController();
		try {
			const answer = await request(parts.address(text), {signal: mine.signal, headers: {"HX-Request": "true"}});
			if (answer.status === 401) return;
			if (!answer.ok) throw new Error(String(answer.status));
			const html = await answer.text();
			if (mine === searching && field.isConnected && field.value === text) show(html, text, again);
		} catch (e) {
			if (/** @type {Error} */ (e).name !== "AbortError" && mine === searching) fail(text);
		}
	}

	/** stop gives up the search that is under way. */
	function stop() {
		clearTimeout(timer);
		searching?.abort();
		searching = undefined;
	}

	/**
	 * @param {string} html
	 * @param {string} text
	 * @param {boolean} again
	 */
	function show(html, text, again) {
		const {body} = parse(html), chosen = active()?.dataset.shown, isOpen = !list.hidden;
		const about = parts.arrange(body, text);
		list.replaceChildren(...body.childNodes);
		shownFor = text;
		setOpen(again ? isOpen : document.activeElement === field);
		const kept = again ? options().find(o => o.dataset.shown === chosen) : undefined;
		if (!list.hidden) activate(kept ?? firstOption(text, about.dataset.shown));
		if ("again" in about.dataset && !again) timer = setTimeout(() => { if (field.isConnected && !list.hidden) search(true); }, repeatAfter);
		executeEntered();
	}

	/**
	 * firstOption returns the option that Enter means: the first one once something was
	 * typed. A complete number means itself, not a longer one.
	 * @param {string} text
	 * @param {string} [number]
	 */
	function firstOption(text, number) {
		if (!text.trim()) return null;
		return number ? options().find(o => o.dataset.shown === number) : options()[0];
	}

	/** @param {string} text */
	function fail(text) {
		list.replaceChildren();
		setOpen(false);
		shownFor = text;
		parts.failed();
		executeEntered();
	}

	// ---- Keys. Enter pressed before the list is about the text waits for it.

	function executeEntered() {
		const waiting = entered;
		entered = null;
		if (waiting) enter(waiting.ctrl, true);
	}

	/**
	 * @param {boolean} ctrl
	 * @param {boolean} [unseen] it was pressed before the list was shown
	 */
	function enter(ctrl, unseen = false) {
		const option = active(), all = options();
		switch (enterMeaning({current: shownFor === field.value, active: option !== null, options: parts.choices?.(all) ?? all.length, unseen})) {
		case "execute":
			return option && parts.execute(option, ctrl);
		case "text":
			return parts.enter(ctrl);
		case "wait":
			entered = {ctrl};
			search();
		}
	}

	/**
	 * press does what a key means. It reports whether it means something here and
	 * nothing else.
	 * @param {KeyboardEvent} e
	 */
	function press({key, altKey, ctrlKey, metaKey, shiftKey}) {
		const ctrl = ctrlKey || metaKey, wasShown = !list.hidden, current = active();
		if (ctrl && key !== "Enter") return false;
		switch (key) {
		case "ArrowDown":
		case "ArrowUp":
			if (altKey) setOpen(key === "ArrowDown");
			else step(key === "ArrowDown" ? 1 : -1);
			return true;
		case "Home":
		case "End":
			if (current) activate(options().at(key === "Home" ? 0 : -1));
			return current !== null;
		case "Escape":
			setOpen(false);
			parts.escape?.();
			return wasShown || parts.escape !== undefined;
		case "Enter":
			enter(ctrl);
			return true;
		case "Tab":
			if (current && !shiftKey) {
				parts.choose(current);
				return true;
			}
			stop();
			setOpen(false);
		}
		return false;
	}

	field.addEventListener("keydown", e => {
		handled = !e.isComposing && press(e);
		if (!handled) return;
		e.preventDefault();
		e.stopPropagation();
	});
	// The key press would send the form.
	field.addEventListener("keypress", e => { if (handled && e.key === "Enter") e.preventDefault(); });
	field.addEventListener("input", () => {
		entered = null;
		activate(null);
		parts.changed?.();
		stop();
		timer = setTimeout(search, typingPause);
	});
	field.addEventListener("click", () => { if (list.hidden) setOpen(true); });

	// A press keeps the caret in the field, so that a click is one.
	list.addEventListener("pointerdown", e => { if (closest(e.target, "li")) e.preventDefault(); });
	list.addEventListener("click", e => {
		/** @type {HTMLElement | null} */
		const option = closest(e.target, "[role=option]");
		if (option && !option.hasAttribute("aria-disabled")) parts.choose(option);
	});

	return {search, stop, setOpen, options, execute: parts.execute};
}
