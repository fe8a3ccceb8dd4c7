// @ts-check
// The bar of the history about the reader's own calls, and the button of each entry
// that transfers the chosen one there.

import {closest, find, findAll, get, setText} from "./dom.js";

/** chosenCall returns the call of the bar that the buttons transfer, or null. */
function chosenCall() {
	return find('#transfer-bar [data-call][aria-current="true"]') ?? find("#transfer-bar [data-call]");
}

/** updatePicks makes the buttons of all entries transfer the chosen call. */
export function updatePicks() {
	const call = chosenCall(), {call: id = "", number = "", title = ""} = call?.dataset ?? {};
	const text = (find("#transfer-bar")?.dataset.pick ?? "").replace("{n}", title);
	for (const pick of findAll(".pick")) {
		const {to = ""} = pick.dataset;
		pick.hidden = !call || to === number;
		if (pick.hidden) continue;
		pick.setAttribute("href", `/calls/${encodeURIComponent(id)}/transfer?to=${encodeURIComponent(to)}`);
		pick.title = text;
		setText(find(".vh", pick), text);
	}
}

/**
 * replaceBar replaces the bar by another one, with the same call chosen if it has
 * that.
 * @param {HTMLElement} bar
 */
export function replaceBar(bar) {
	const chosen = chosenCall()?.dataset.call, old = get("#transfer-bar");
	const hadFocus = old.contains(document.activeElement);
	old.replaceWith(bar);
	choose(findAll("[data-call]", bar).find(c => c.dataset.call === chosen) ?? null);
	if (hadFocus) find("[data-open]", bar)?.focus();
}

/** @param {HTMLElement | null} call */
function choose(call) {
	if (call) {
		for (const other of findAll("#transfer-bar [data-call]")) other.setAttribute("aria-current", String(other === call));
		find("#transfer-bar [data-open]")?.setAttribute("href", `/calls/${encodeURIComponent(call.dataset.call ?? "")}/transfer`);
	}
	updatePicks();
}

/** startTransferBar lets the reader choose between several calls. */
export function startTransferBar() {
	if (!find("#transfer-bar")) return;
	document.addEventListener("click", e => {
		/** @type {HTMLElement | null} */
		const call = closest(e.target, "#transfer-bar a[data-call]");
		if (!call || e.ctrlKey || e.metaKey || e.shiftKey) return;
		e.preventDefault();
		choose(call);
	});
}
