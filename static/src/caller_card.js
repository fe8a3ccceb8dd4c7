// @ts-check
// The card beside the board: who is calling, and what the team had to do with them.
// It opens at a click on a name, or with Enter, and follows the selected row.

import {closest, find, get, isTyping, parse, setText} from "./dom.js";
import {request} from "./request.js";

/** Notes that were begun, by call. @type {Map<string, string>} */
const drafts = new Map();
/** @type {AbortController | undefined} */
let loading;
let shown = ""; // id of the row

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
 */
export async function openCard(row) {
	const card = panel();
	if (!card || shown === row.id && isCardOpen()) return;
	keepDraft();
	shown = row.id;
	if (!isCardOpen()) get("#card-body").replaceChildren();
	show(true);
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
		body.replaceChildren(...content.body.childNodes);
		const note = field(), draft = drafts.get(row);
		if (note && draft) note.value = draft;
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

/** @param {HTMLFormElement} form */
async function saveNote(form) {
	const said = find(".note-state", form), row = shown, body = new URLSearchParams();
	for (const [name, value] of new FormData(form)) body.append(name, String(value));
	try {
		const answer = await request(form.action, {method: "POST", body, headers: {Accept: "application/json"}});
		if (!answer.ok) return setText(said, (await answer.json()).error?.message ?? "");
		drafts.delete(row);
		if (row !== shown) return;
		const note = field();
		if (note) note.value = "";
		await load();
		field()?.focus();
	} catch (e) {
		setText(said, /** @type {Error} */ (e).message);
	}
}

/** @param {MouseEvent} e */
function onClick(e) {
	if (closest(e.target, "[data-card-close]")) return close();
	const row = closest(e.target, "#board .row");
	if (!row || e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
	if (!closest(e.target, ".who a")) return;
	e.preventDefault();
	openCard(row);
}

/** startCallerCard opens and closes the card, and lets it follow the focus. */
export function startCallerCard() {
	if (!panel()) return;
	document.addEventListener("click", onClick);
	document.addEventListener("focusin", e => {
		const row = closest(e.target, "#board .row");
		if (row && isCardOpen() && e.target === row) openCard(row);
	});
	get("#card").addEventListener("submit", e => {
		e.preventDefault();
		e.stopPropagation();
		saveNote(/** @type {HTMLFormElement} */ (e.target));
	});
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
