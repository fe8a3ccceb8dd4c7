// @ts-check
// Pages that are shown in a dialog above the page.

import {find, findAll, get} from "./dom.js";
import {ajax} from "./first_use.js";
import {showScripted} from "./scripted.js";

let opened = 0; // how many were asked for

const modal = () => /** @type {HTMLDialogElement | null} */ (find("#modal"));

/**
 * openDialog shows the page at address in the dialog. Of several that are asked
 * for at once the last one is shown.
 * @param {string} address
 * @param {boolean} [again] the open dialog is loaded again and stays as it is until then
 */
export async function openDialog(address, again = false) {
	const dialog = /** @type {HTMLDialogElement} */ (get("#modal")), body = get("#modal-body"), mine = ++opened;
	if (!again) body.replaceChildren();
	await ajax("GET", address, {source: body, target: body, swap: "innerHTML", select: "#dialog"});
	const content = find("#dialog", body);
	if (mine !== opened || !content || again && !dialog.open) return;
	dialog.dataset.address = address;
	dialog.setAttribute("aria-labelledby", "dialog-title");
	showScripted(content);
	await loadScripts(content);
	if (mine !== opened) return;
	if (!dialog.open) dialog.showModal();
	announceDialog(content);
	(find("[autofocus]", content) ?? content).focus();
}

/** showAnswer shows the dialog that came as the answer to a form of the page. */
export function showAnswer() {
	const dialog = /** @type {HTMLDialogElement} */ (get("#modal")), content = find("#modal-body #dialog");
	if (!content) return;
	dialog.setAttribute("aria-labelledby", "dialog-title");
	showScripted(content);
	if (!dialog.open) dialog.showModal();
	announceDialog(content);
	content.focus();
}

/**
 * announceDialog dispatches the event dialog:shown on the content of a dialog.
 * @param {Element} content
 */
export function announceDialog(content) {
	content.dispatchEvent(new CustomEvent("dialog:shown", {bubbles: true}));
}

/**
 * loaded waits for a style sheet.
 * @param {Element} link
 */
const loaded = link => /** @type {HTMLLinkElement} */ (link).sheet ?? new Promise(done => { link.addEventListener("load", done); link.addEventListener("error", done); });

/**
 * loadScripts loads what only this dialog needs, its style too. Without it, the
 * dialog works as without any script.
 * @param {Element} content
 */
const loadScripts = content => Promise.all([...findAll("link", content).map(loaded), ...findAll("[data-script]", content).map(e => import(e.dataset.script ?? ""))]).catch(() => null);

/**
 * followCallSetup is called when the dialog may show how a call is set up. It
 * closes the dialog when the call is connected: then the board shows it.
 */
export function followCallSetup() {
	const stage = find("#modal[open] #originate");
	if (!stage) return;
	const dialog = /** @type {HTMLDialogElement} */ (get("#modal"));
	showScripted(/** @type {Element} */ (stage.closest(".dialog")));
	if (stage.dataset.stage === "talking") dialog.close();
	else if (!dialog.contains(document.activeElement)) get("[data-close]", dialog).focus();
}

/**
 * @param {Element} dialog
 * @param {MouseEvent} e
 */
function isOutside(dialog, e) {
	const r = dialog.getBoundingClientRect();
	return e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom;
}

/** @param {MouseEvent} e */
function onClick(e) {
	const target = /** @type {Element} */ (e.target);
	/** @type {HTMLAnchorElement | null} */
	const link = target.closest("a[data-dialog], a.act");
	if (link && modal() && !(e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || e.button)) {
		e.preventDefault();
		openDialog(link.href);
	} else if (target.closest("[data-close]") || (target.matches("dialog.modal") && isOutside(target, e))) {
		target.closest("dialog")?.close();
	}
}

/** @param {HtmxEvent} e */
function onAnswer(e) {
	const {ctx} = e.detail, source = /** @type {HTMLElement} */ (ctx.sourceElement), dialog = modal();
	if (source.id === "modal-body" && ctx.response.status >= 400) return dialog?.close(); // the page shows the reason
	if (!source.matches?.("[data-dialog-form]") || !source.isConnected || ctx.response.status >= 400) return;
	if (!source.closest("dialog")) location.assign("/");
	else if (source.dataset.again) openDialog(dialog?.dataset.address ?? "", true);
	else dialog?.close();
}

/** startDialogs opens links in a dialog, and closes it after its form has worked. */
export function startDialogs() {
	document.addEventListener("click", onClick);
	document.addEventListener("htmx:after:request", onAnswer);
	// The Enter that opened a dialog and is still held presses no button in it.
	document.addEventListener("keydown", e => { if (e.repeat && e.key === "Enter" && /** @type {Element} */ (e.target).matches("dialog button")) e.preventDefault(); });
	const alone = find(".alone .dialog");
	if (!alone) return;
	showScripted(alone);
	loadScripts(alone);
}
