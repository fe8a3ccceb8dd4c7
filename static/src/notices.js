// @ts-check
// Notices about what a member did: refusals of the server, and requests that
// failed. Those about an action on a call name both; of each action and call there
// is one. One whose outcome is not known turns into a success when the row shows
// it.

import {attemptOf, result} from "./attempts.js";
import {find, findAll, message, parse} from "./dom.js";
import {isSignedOut} from "./connection.js";
import {outcomeText} from "./answers.js";
import {checkAnswer, isOurs} from "./request.js";

/** @typedef {import("./attempts.js").Attempt} Attempt */

const stays = 20_000; // ms
const goodStays = 4000;
const doubtStays = 60_000;

/**
 * showNotice appends a notice to place, by default to those of the page.
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
	return box;
}

/**
 * removeAfter removes a notice after ms, unless it was told otherwise meanwhile.
 * @param {HTMLElement} box
 * @param {number} ms
 */
function removeAfter(box, ms) {
	const until = box.dataset.until = String(Date.now() + ms);
	setTimeout(() => { if (box.dataset.until === until) box.remove(); }, ms);
}

/**
 * tidyNotices gives every notice of the page a button that closes it, and keeps
 * the last three.
 */
export function tidyNotices() {
	for (const box of findAll("#notices > .notice:not([data-until])")) {
		const close = document.createElement("button");
		close.className = "quiet";
		close.type = "button";
		close.textContent = message("dismiss");
		close.addEventListener("click", () => box.remove());
		box.append(close);
		removeAfter(box, stays);
	}
	findAll("#notices > .notice").slice(0, -3).forEach(box => box.remove());
}

/** @type {Map<string, {box: HTMLElement, attempt: Attempt}>} */
const doubts = new Map(); // whose outcome is not known, by their keys

/** @param {string} key of an attempt */
function removeNotice(key) {
	doubts.delete(key);
	for (const box of findAll("#notices > [data-attempt]")) if (box.dataset.attempt === key) box.remove();
}

/**
 * showAttempt shows what became of an attempt, in place of what was said of an
 * earlier one.
 * @param {Attempt} attempt
 * @param {"failed" | "unsent" | "unsentAway" | "unsentCut" | "doubt"} outcome
 * @param {string} [text] further sentences
 */
export function showAttempt(attempt, outcome, text = "") {
	removeNotice(attempt.key);
	const box = showNotice(`${(find("#attempts")?.dataset[outcome] ?? "").replace("{n}", attempt.name)} ${text}`.trim());
	box.dataset.attempt = attempt.key;
	if (outcome === "failed") return;
	box.dataset.tone = "doubt";
	if (outcome !== "doubt") return;
	removeAfter(box, doubtStays);
	doubts.set(attempt.key, {box, attempt});
	settle();
}

// settle turns notices into successes whose rows show them by now.
function settle() {
	for (const [key, {box, attempt}] of doubts) {
		const shown = result(attempt);
		if (!shown && box.isConnected) continue;
		doubts.delete(key);
		if (shown === "gone") box.remove();
		if (shown !== "good") continue;
		box.dataset.tone = "good";
		box.setAttribute("role", "status");
		const p = find("p", box);
		if (p) p.textContent = (find("#attempts")?.dataset.good ?? "").replace("{n}", attempt.name);
		removeAfter(box, goodStays);
	}
}

/** dialogNotices is where notices are shown about what was done in an open dialog. */
const dialogNotices = () => find("#modal[open] #dialog-notices") ?? undefined;

/** @param {HtmxContext} ctx */
function contextAttempt({request: {method, action, body}, sourceElement}) {
	return method.toUpperCase() === "POST" && !sourceElement?.closest(".dialog") ? attemptOf(action, sourceElement, String(body?.get("value") ?? "")) : null;
}

/**
 * showUnanswered shows what became of a request that Callboard did not answer.
 * @param {HtmxContext} ctx
 * @param {boolean} sent
 * @param {number} [status]
 */
function showUnanswered(ctx, sent, status) {
	if (isSignedOut() || ctx.sourceElement?.id === "call") return; // it asks again by itself
	const [key, n] = outcomeText({method: ctx.request.method.toUpperCase(), sent, status}), attempt = contextAttempt(ctx);
	if (!attempt) return void showNotice(message(key, n), dialogNotices());
	showAttempt(attempt, key === "unsent" ? "unsentAway" : key === "unreachable" ? "doubt" : "failed", key === "unsent" ? "" : message(key, n));
}

/** showUnsent shows that something was not sent, because there is no network. */
export function showUnsent() {
	showNotice(message("unsent"), dialogNotices());
}

/**
 * showRefusal shows a refusal of an action on a call, and removes what was said of
 * an earlier attempt when one has worked.
 * @param {HtmxEvent} e
 */
function showRefusal(e) {
	const {ctx} = e.detail, attempt = contextAttempt(ctx);
	if (!attempt) return;
	if (ctx.response.status < 400) return removeNotice(attempt.key);
	const notice = find(".notice", parse(ctx.text)), code = notice?.dataset.error ?? "";
	if (!notice || code === "attended" || code === "unauthenticated") return;
	e.preventDefault(); // shown here, with the names of both
	showAttempt(attempt, /^outcome_/.test(code) ? "doubt" : "failed", (notice.textContent ?? "").trim());
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
	document.addEventListener("htmx:after:request", showRefusal);
	document.addEventListener("htmx:error", e => {
		const {ctx} = e.detail;
		if (ctx?.request) showUnanswered(ctx, !offline.has(ctx));
	});
	document.addEventListener("feed:applied", settle);
	document.addEventListener("notice:added", tidyNotices);
}
