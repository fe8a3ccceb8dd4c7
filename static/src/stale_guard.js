// @ts-check
// Actions are off while the list of calls is old: the server would accept them,
// but the row that was clicked may no longer show the call as it is. They are off,
// too, while sipgate does not accept the member's sign-in, and nothing is sent
// without a network.

import {closest, find, message} from "./dom.js";
import {connectionProblem} from "./connection.js";
import {needsSipgate} from "./needs_sipgate.js";
import {attemptOf} from "./attempts.js";
import {showAttempt, showNotice, showUnsent} from "./notices.js";

const isExpired = () => find("#access")?.dataset.access === "expired";

/**
 * offReason returns why an action is off, "" if it is not.
 * @param {Element} action a form, a link or a button of one
 */
function offReason(action) {
	const address = (action.closest("form") ?? action).getAttribute(action.closest("form") ? "action" : "href") ?? "";
	const live = action.matches("#board *, [data-dialog], .act, .dialog[data-claim] *") ? connectionProblem() : "";
	return live || (isExpired() && needsSipgate(address) ? message("signInAgain") : "") || ("why" in /** @type {HTMLElement} */ (action).dataset ? /** @type {HTMLElement} */ (action).title : "");
}

/** @param {Event} e */
function guard(e) {
	const buttons = ".act, #board form:not(.undo), [data-dialog]";
	const action = closest(e.target, e.type === "submit" ? buttons + ", form[method=post]" : buttons);
	if (!action) return;
	const reason = offReason(action);
	if (!reason && !action.getAttribute("aria-busy")) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	if (reason && (e.type === "click" || !action.matches("#board *"))) showReason(action, reason);
}

/**
 * showReason says why an action was not sent.
 * @param {Element} action
 * @param {string} reason
 */
function showReason(action, reason) {
	const attempt = action.closest(".dialog") ? null : attemptOf(action.getAttribute("formaction") ?? action.getAttribute("href") ?? "", action, /** @type {HTMLButtonElement} */ (action).value);
	if (!attempt) showNotice(navigator.onLine ? reason : message("unsent"), find("#modal[open] #dialog-notices") ?? undefined);
	else if (reason !== connectionProblem()) showNotice(reason);
	else showAttempt(attempt, !navigator.onLine ? "unsentAway" : reason === message("cut") ? "unsentCut" : "unsent", reason === message("cut") || !navigator.onLine ? "" : reason);
}

/** @type {WeakSet<HTMLFormElement>} */
const reachable = new WeakSet(); // forms that may be sent although the browser sees no network

/**
 * guardNetwork keeps a form that cannot be sent in the page, with what was typed.
 * A server on the same computer is reached without a network.
 * @param {SubmitEvent} e
 */
function guardNetwork(e) {
	const form = /** @type {HTMLFormElement} */ (e.target);
	if (navigator.onLine || form.method !== "post" || reachable.delete(form)) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	const {submitter} = e;
	fetch("/session").then(() => {
		reachable.add(form);
		form.requestSubmit(submitter);
	}, showUnsent);
}

/** startStaleGuard sees clicks and forms before all other listeners do. */
export function startStaleGuard() {
	document.addEventListener("click", guard, true);
	document.addEventListener("submit", guard, true);
	document.addEventListener("submit", guardNetwork, true);
}
