// @ts-check
// Actions are off while the list of calls is old: the server would accept them,
// but the row that was clicked may no longer show the call as it is.

import {closest} from "./dom.js";
import {connectionProblem} from "./connection.js";
import {showNotice} from "./notices.js";

/** @param {Event} e */
function guard(e) {
	const action = closest(e.target, "#board .act, #board form:not(.undo), [data-dialog]");
	const reason = connectionProblem() || action?.dataset.why; // data-why: the button never works here
	if (!action || !(reason || action.getAttribute("aria-busy"))) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	if (reason && e.type === "click") showNotice(reason);
}

/** startStaleGuard sees clicks and forms before all other listeners do. */
export function startStaleGuard() {
	document.addEventListener("click", guard, true);
	document.addEventListener("submit", guard, true);
}
