// @ts-check
// An expired session: what the page shows of calls is taken out of it, what was
// typed is kept, and both come back after signing in, here or in another window.

import {announceDialog} from "./dialogs.js";
import {find, findAll, get, message, setText} from "./dom.js";
import {isChanged} from "./form_changes.js";
import {isOurs} from "./request.js";

/**
 * @typedef {object} Kept what the page had when its session expired
 * @property {Element | null} focus
 * @property {number} scroll
 * @property {boolean | undefined} dialog whether the dialog was open
 * @property {(() => void)[]} putBack
 */

/** @type {Kept | null} */
let kept = null; // while the session is expired

const isEdited = () => /** @type {HTMLInputElement[]} */ (findAll("main :is(input, select, textarea), #modal :is(input, select, textarea)")).some(isChanged);

/**
 * takeOut empties place, and returns a function that puts the content back.
 * @param {Element} place
 */
function takeOut(place) {
	const nodes = document.createDocumentFragment();
	nodes.append(...place.childNodes);
	return () => place.replaceChildren(nodes);
}

/** startSession hides the page when the session expires, and checks when it is back. */
export function startSession() {
	/** @type {HTMLDialogElement | null} */
	const dialog = find("#over");
	if (!dialog) return;

	document.addEventListener("session:expired", () => {
		if (!kept) expire(dialog);
	});
	get("button", dialog).addEventListener("click", () => check(dialog, true));
	document.addEventListener("visibilitychange", () => { if (!document.hidden) check(dialog, false); });
	addEventListener("focus", () => check(dialog, false));
	dialog.addEventListener("cancel", e => e.preventDefault());
	dialog.addEventListener("close", () => { if (kept) dialog.showModal(); });
}

/** @param {HTMLDialogElement} dialog */
function expire(dialog) {
	/** @type {HTMLAnchorElement} */
	const link = get("a", dialog);
	link.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
	link.target = isEdited() ? "_blank" : "";
	/** @type {HTMLDialogElement | null} */
	const modal = find("#modal");
	kept = {focus: document.activeElement, scroll: scrollY, dialog: modal?.open, putBack: []};
	for (const d of /** @type {HTMLDialogElement[]} */ (findAll("dialog[open]"))) d.close();
	kept.putBack = findAll("#main, #modal-body").map(takeOut);
	find("#notices")?.replaceChildren();
	dialog.showModal();
}

/** @param {HTMLDialogElement} dialog */
function resume(dialog) {
	if (!kept) return;
	const {focus, scroll, dialog: wasOpen, putBack} = kept;
	kept = null;
	dialog.close();
	for (const f of putBack) f();
	if (wasOpen) {
		/** @type {HTMLDialogElement} */ (get("#modal")).showModal();
		const content = find("#dialog");
		if (content) announceDialog(content);
	}
	scrollTo({top: scroll, behavior: "instant"});
	if (focus?.isConnected) /** @type {HTMLElement} */ (focus).focus();
	document.dispatchEvent(new Event("session:resumed"));
}

/**
 * check goes on if the same member has signed in again. For another member the
 * page is loaded again: what was typed is not theirs.
 * @param {HTMLDialogElement} dialog
 * @param {boolean} asked by a click, which gets an answer
 */
async function check(dialog, asked) {
	if (!kept) return;
	const answer = await fetch("/session").catch(() => null);
	if (!kept) return;
	if (answer?.status === 204 && isOurs(answer)) return answer.headers.get("X-Who") === message("identity") ? resume(dialog) : location.reload();
	if (asked) setText(find("[role=status]", dialog), answer && isOurs(answer) ? dialog.dataset.still ?? "" : message("notReached"));
}
