// @ts-check
// Notices above the page: refusals of the server, and requests that failed.

import {find, findAll, message} from "./dom.js";
import {isSignedOut} from "./connection.js";
import {outcomeText} from "./answers.js";
import {checkAnswer, isOurs} from "./request.js";

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

/** noticePlace is where notices about what the member just did are shown. */
const noticePlace = () => find("#modal[open] #dialog-notices") ?? undefined;

/**
 * showUnanswered shows what became of a request that Callboard did not answer.
 * @param {HtmxContext} ctx
 * @param {boolean} sent
 * @param {number} [status]
 */
function showUnanswered(ctx, sent, status) {
	if (isSignedOut() || ctx.sourceElement?.id === "call") return; // it asks again by itself
	showNotice(message(...outcomeText({method: ctx.request.method.toUpperCase(), sent, status})), noticePlace());
}

/** showUnsent shows that something was not sent, because there is no network. */
export function showUnsent() {
	showNotice(message("unsent"), noticePlace());
}

/** startNotices shows requests that failed, and keeps what other servers answer out of the page. */
export function startNotices() {
	/** @type {WeakSet<HtmxContext>} */
	const offline = new WeakSet(); // requests that began without a network
	document.addEventListener("htmx:before:request", e => { if (!navigator.onLine) offline.add(e.detail.ctx); });
	document.addEventListener("htmx:before:response", e => {
		const {ctx} = e.detail;
		if (isOurs(ctx.response)) return checkAnswer(ctx.response);
		e.preventDefault();
		showUnanswered(ctx, true, ctx.response.status);
	});
	document.addEventListener("htmx:error", e => {
		const {ctx} = e.detail;
		if (ctx?.request) showUnanswered(ctx, !offline.has(ctx));
	});
}
