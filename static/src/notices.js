// @ts-check
// Notices above the page: refusals of the server, and requests that failed.

import {find, findAll, message} from "./dom.js";
import {isSignedOut} from "./connection.js";
import {reportExpiredSession} from "./session.js";

/**
 * showNotice appends a notice to place, by default above the page.
 * @param {string} text
 * @param {Element | null} [place]
 */
export function showNotice(text, place = find("#notices")) {
	const box = document.createElement("div"), p = document.createElement("p");
	box.className = "notice";
	box.setAttribute("role", "alert");
	p.textContent = text;
	box.append(p);
	place?.append(box);
	tidyNotices();
}

/**
 * tidyNotices gives every notice above the page a button that closes it, and
 * keeps the last three.
 */
export function tidyNotices() {
	for (const box of findAll("#notices > .notice:not([data-tidy])")) {
		box.dataset.tidy = "";
		const close = document.createElement("button");
		close.className = "quiet";
		close.type = "button";
		close.textContent = message("dismiss");
		close.addEventListener("click", () => box.remove());
		box.append(close);
		setTimeout(() => box.remove(), 20_000);
	}
	findAll("#notices > .notice").slice(0, -3).forEach(box => box.remove());
}

/** startNotices shows requests that failed. */
export function startNotices() {
	document.addEventListener("htmx:response:error", e => {
		if (e.detail.ctx.response.status === 401) reportExpiredSession();
	});
	document.addEventListener("htmx:error", e => {
		const {ctx} = e.detail;
		if (!ctx?.request || isSignedOut() || ctx.sourceElement?.id === "call") return;
		showNotice(message("unreachable"), find("#modal[open] #dialog-notices") ?? undefined);
	});
}
