// @ts-check
// The card beside the board: who is calling, and what the team had to do with them.
// It opens at a click on a name, or with Enter, and follows the selected row. The
// button for notes of the row in use opens it with the caret in the note.

import {closest, find, get, isTyping, parse, setText} from "./dom.js";
import {showNotice} from "./notices.js";
import {request} from "./request.js";
import {inRowInUse} from "./row_in_use.js";

/** Notes that were begun, by call. @type {Map<string, string>} */
const drafts = new Map();
/** @type {AbortController | undefined} */
let loading;
let shown = ""; // id of the row
let loaded = ""; // id of the row whose card is in the panel
let writes = false, saves = false; // the member writes the note as soon as it is there, and has pressed Enter

const panel = () => find("#card");
const field = () => /** @type {HTMLTextAreaElement | null} */ (find("#card textarea"));

/** isCardOpen reports whether the card is to be seen. */
export const isCardOpen = () => panel()?.hidden === false;

/** @param {string} row id of its element */
const addressOf = row => "/calls/" + encodeURIComponent(row.replace("row-", ""));

// keepDraft remembers the note that is being written.
function keepDraft() {
	const note = field();
	if (note && shown) drafts.set(shown, note.value);
}

/** @param {boolean} on */
function show(on) {
	get("#card").hidden = !on;
	document.documentElement.toggleAttribute("data-card", on);
	document.dispatchEvent(new Event("card:toggled"));
}

/**
 * openCard shows the card of a row. What was open before stays until the new one
 * is there.
 * @param {HTMLElement} row
 * @param {boolean} [write] put the caret into the note
 */
export async function openCard(row, write = false) {
	const card = panel();
	if (!card) return;
	if (shown === row.id && isCardOpen()) return write && field()?.focus();
	keepDraft();
	shown = row.id;
	writes = write;
	saves = false;
	if (!isCardOpen()) get("#card-body").replaceChildren();
	show(true);
	if (write) get("#card-body").focus();
	await load();
}

async function load() {
	loading?.abort();
	const {signal} = loading = new AbortController(), row = shown, body = get("#card-body");
	try {
		const answer = await request(addressOf(row) + "/card", {signal, headers: {"HX-Request": "true"}});
		const content = parse(await answer.text());
		if (signal.aborted) return;
		if (!answer.ok) throw new Error(content.body.textContent?.trim());
		if (loaded === row) {
			keepDraft();
			writes ||= document.activeElement === field();
		}
		body.replaceChildren(...content.body.childNodes);
		loaded = row;
		const note = field(), draft = drafts.get(row);
		if (note && draft) note.value = draft;
		if (writes) note?.focus();
		if (saves) note?.form?.requestSubmit();
		writes = saves = false;
	} catch (e) {
		if (signal.aborted) return;
		const text = document.createElement("p");
		text.className = "hint";
		text.textContent = /** @type {Error} */ (e).message || get("#card").dataset.failed || "";
		body.replaceChildren(text);
	}
}

function close() {
	keepDraft();
	loading?.abort();
	const inside = panel()?.contains(document.activeElement);
	show(false);
	if (inside) document.getElementById(shown)?.focus();
	shown = "";
}

/** @type {WeakSet<HTMLFormElement>} */
const saving = new WeakSet();

/**
 * saveNote saves the note, and gives the focus back to the row if that was in the
 * note until then.
 * @param {HTMLFormElement} form
 */
async function saveNote(form) {
	if (saving.has(form) || !field()?.value.trim()) return;
	const said = find(".note-state", form), row = shown, body = new URLSearchParams();
	/** @param {string} text */
	const fail = text => void (form.isConnected ? setText(said, text) : showNotice(text));
	for (const [name, value] of new FormData(form)) body.append(name, String(value));
	saving.add(form);
	try {
		const answer = await request(form.action, {method: "POST", body, keepalive: true, headers: {Accept: "application/json"}});
		if (!answer.ok) return fail((await answer.json()).error?.message ?? "");
		drafts.delete(row);
		if (row !== shown) return;
		if (form.contains(document.activeElement)) document.getElementById(row)?.focus();
		const note = field();
		if (note && note.value.trim() === body.get("text")?.trim()) note.value = "";
		await load();
	} catch (e) {
		fail(/** @type {Error} */ (e).message);
	} finally {
		saving.delete(form);
	}
}

/**
 * onKey saves the note with Enter. Shift+Enter begins a new line.
 * @param {KeyboardEvent} e
 */
function onKey(e) {
	const note = field();
	if (writes && e.key.length === 1) e.stopPropagation(); // it presses no button of a call
	if (e.isComposing || e.key !== "Enter" || e.shiftKey || !writes && e.target !== note) return;
	e.preventDefault();
	if (writes) saves = true;
	else note?.form?.requestSubmit();
}

/**
 * onEarlyText keeps what is typed before the note is there.
 * @param {KeyboardEvent} e
 */
function onEarlyText(e) {
	if (!writes || e.key.length !== 1) return;
	drafts.set(shown, (drafts.get(shown) ?? "") + e.key);
	e.preventDefault();
}

/**
 * onLeave saves the note that the focus has left for something else on the page.
 * @param {FocusEvent} e
 */
function onLeave(e) {
	const note = field();
	if (e.target !== note || !note?.form || !isCardOpen() || !document.hasFocus()) return;
	if (!note.form.contains(/** @type {Node | null} */ (e.relatedTarget))) saveNote(note.form);
}

/**
 * offerNote adds the button for notes to the row in use.
 * @param {HTMLElement} button
 */
function offerNote(button) {
	inRowInUse(row => {
		const who = row && find("#board .who:has(a)", row);
		if (!who) button.remove();
		else if (button.parentNode !== who) who.append(button);
	});
}

/** @param {MouseEvent} e */
function onClick(e) {
	if (closest(e.target, "[data-card-close]")) return close();
	const row = closest(e.target, "#board .row");
	if (!row || e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
	if (!closest(e.target, ".who :is(a, button)")) return;
	e.preventDefault();
	openCard(row, closest(e.target, ".who button") !== null);
}

/** startCallerCard opens and closes the card, and lets it follow the focus. */
export function startCallerCard() {
	if (!panel()) return;
	document.addEventListener("click", onClick);
	document.addEventListener("focusin", e => {
		const row = closest(e.target, "#board .row");
		if (row && isCardOpen() && e.target === row) openCard(row);
	});
	const card = get("#card"), button = document.createElement("button");
	card.addEventListener("submit", e => {
		e.preventDefault();
		e.stopPropagation();
		saveNote(/** @type {HTMLFormElement} */ (e.target));
	});
	card.addEventListener("keydown", onKey);
	card.addEventListener("keypress", onEarlyText);
	card.addEventListener("focusout", onLeave);
	button.type = "button";
	button.className = "write";
	button.title = button.ariaLabel = card.dataset.write ?? "";
	button.tabIndex = -1; // w does the same
	button.dataset.added = "";
	offerNote(button);
	document.addEventListener("keydown", e => {
		if (!isCardOpen() || e.isComposing || find("dialog[open]")) return;
		const row = closest(e.target, "#board .row");
		if (e.key === "Escape" && (closest(e.target, "#card") || !isTyping(e.target, "") && !find(".rows .undo"))) close();
		else if (e.key === "Enter" && row?.id === shown && e.target === row) field()?.focus();
		else return;
		e.preventDefault();
		e.stopImmediatePropagation();
	}, true);
}
