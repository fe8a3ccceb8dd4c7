// @ts-check
// Soft locks. While a dialog about a call is open, the server holds a claim, and
// other members see it. A member who is warned of another claim may be allowed to
// override it.

import {askIn} from "./confirmation.js";
import {find, parse, setText, sourceForm} from "./dom.js";
import {request} from "./request.js";

const renewal = 5000; // ms; the server forgets a claim after three of them, or after half a minute without input

/**
 * @typedef {object} Claim what the server knows of the dialog that is open
 * @property {string} path
 * @property {string} [verb]
 * @property {boolean} [input] the member typed or clicked since the last post
 * @property {boolean} [warned] the member was warned of another claim
 * @property {boolean} [override] and overrides it
 * @property {boolean} [refused] the server takes no claims on the call
 */

/** @type {Claim | null} */
let claim = null;

/** @type {Promise<Response | null>} */
let posts = Promise.resolve(null);

/**
 * post sends fields after all that were sent before.
 * @param {string} path
 * @param {Record<string, string>} fields
 */
function post(path, fields) {
	posts = posts.then(() => request(path, {
		method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams(fields), keepalive: true,
	})).catch(() => null); // the connection's badge shows it
	return posts;
}

/**
 * warn resolves to whether the member overrides another claim.
 * @param {string} text
 * @param {boolean} mayOverride
 */
function warn(text, mayOverride) {
	/** @type {HTMLDialogElement | null} */
	const dialog = find("#attended");
	if (!dialog || dialog.open) return Promise.resolve(false);
	setText(find("#attended-text"), text);
	const yes = find("[value=yes]", dialog);
	if (yes) yes.hidden = !mayOverride;
	return askIn(dialog);
}

const claimingDialog = () => find("#modal[open] .dialog[data-claim]") ?? find(".alone .dialog[data-claim]");

/**
 * syncClaim sends the server the claim of the dialog that is open, and ends the
 * previous one.
 */
async function syncClaim() {
	const dialog = claimingDialog(), path = dialog?.dataset.claim;
	if (claim && claim.path !== path) post(claim.path, {verb: ""});
	if (!dialog || path === undefined) {
		claim = null;
		return;
	}
	if (claim?.path !== path) claim = {path, input: true};
	const mine = claim;
	mine.verb = dialog.dataset.verb ?? "";
	if (mine.refused) return;
	const {input, override} = mine;
	mine.input = false;
	const answer = await post(path, {verb: mine.verb, ...input && {input: "true"}, ...input && override && {override: "true"}});
	if (answer?.status === 404 || answer?.status === 405) mine.refused = true; // the call has ended
	if (answer?.status !== 409 || mine.warned || mine !== claim) return;
	const error = (await answer.json().catch(() => null))?.error;
	if (error?.code !== "attended") return;
	mine.warned = true;
	if (!await warn(error.message, error.override === true) || mine !== claim) return;
	mine.override = mine.input = true;
	dialog.dataset.override = ""; // for what it sends by itself
	syncClaim();
}

/** @param {Event} e */
function noteInput(e) {
	if (claim && e.target instanceof Element && e.target.closest(".dialog[data-claim]")) claim.input = true;
}

/**
 * Fields of the next request of forms that were refused and are sent all the same.
 * @type {WeakMap<HTMLFormElement, string[]>}
 */
const overriding = new WeakMap();

/** @param {HtmxEvent} e */
function sendOverride(e) {
	const form = sourceForm(e), dialog = /** @type {HTMLElement | null} */ (form?.closest(".dialog") ?? null), {body} = e.detail.ctx.request;
	if (claim?.override && dialog?.dataset.claim === claim.path) body?.set("override", "true");
	if (!form) return;
	for (const name of overriding.get(form) ?? []) body?.set(name, "true");
	overriding.delete(form);
}

/** @param {HtmxEvent} e */
function onRefusal(e) {
	const {ctx} = e.detail, form = sourceForm(e);
	if (ctx.response.status !== 409 || !form) return;
	const notice = find('[data-error="attended"]', parse(ctx.text));
	if (!notice) return;
	e.preventDefault(); // it is not shown a second time
	const submitter = ctx.sourceElement === form ? ctx.request.submitter : ctx.sourceElement, atOnce = ctx.request.body?.has("at_once");
	warn((notice.textContent ?? "").trim(), "override" in notice.dataset).then(yes => {
		if (!yes || !form.isConnected) return;
		overriding.set(form, atOnce ? ["override", "at_once"] : ["override"]);
		if (submitter instanceof HTMLAnchorElement) submitter.click();
		else form.requestSubmit(submitter?.isConnected ? /** @type {HTMLElement} */ (submitter) : undefined);
	});
}

/** startClaims keeps the server informed of the dialog that is open. */
export function startClaims() {
	document.addEventListener("htmx:config:request", sendOverride);
	document.addEventListener("htmx:after:request", onRefusal);
	document.addEventListener("dialog:shown", syncClaim);
	for (const type of ["input", "keydown", "pointerdown"]) document.addEventListener(type, noteInput, {passive: true});
	find("#modal")?.addEventListener("close", syncClaim);
	setInterval(() => { if (claim) syncClaim(); }, renewal);
	addEventListener("pagehide", () => {
		if (claim) navigator.sendBeacon(claim.path, new URLSearchParams({verb: ""}));
		claim = null;
	});
	addEventListener("pageshow", e => { if (e.persisted) syncClaim(); });
	if (find(".alone .dialog[data-claim]")) syncClaim();
}
