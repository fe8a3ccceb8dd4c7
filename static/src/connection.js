// @ts-check
// The feed's connection, and how old the list of calls is.

import {find, findAll, get, message, setText} from "./dom.js";
import {feedState, listAge, shownAge} from "./feed_state.js";
import {FeedTransport} from "./feed_transport.js";
import {isOurs, reportExpiredSession, request} from "./request.js";
import {serverNow, syncClock} from "./server_clock.js";
import {updateTimeLabels} from "./time_labels.js";

const pollEvery = 3000; // ms, of a page that no socket reaches
const root = document.documentElement;
const transport = new FeedTransport();

/** @type {HTMLElement | null} */
let live = null; // the element that has the feed; other pages than the board have none
let connected = false, before = false; // before: was ever connected
let lostAt = Date.now();
let heardAt = Date.now();
let signedOut = false;
let replaced = false; // too many tabs are open, and this one waits until it is used
let problem = ""; // why actions are off, as a sentence

/** connectionProblem returns the sentence why actions are off, "" if they are not. */
export const connectionProblem = () => problem;

/** isSignedOut reports whether the session has expired. */
export const isSignedOut = () => signedOut;

/**
 * repaint brings everything up to date that depends on the time or on the
 * connection: once a second, and after every change of the page, before it is
 * drawn.
 */
export function repaint() {
	const now = serverNow();
	updateTimeLabels(now);
	updateStatus(now);
}

/** @param {number} now the server's time */
function updateStatus(now) {
	const status = find("#status");
	if (!live || !status) return;
	const listedAt = Number(status.dataset.listed), age = listAge(listedAt, now);
	const feed = feedState({connected, before, replaced, polling: transport.polling, lostFor: Date.now() - lostAt, online: navigator.onLine, listed: listedAt > 0, age});
	problem = feed.problem ? message(feed.problem, age) : "";

	status.dataset.state = feed.state;
	setText(find("b", status), message(feed.state));
	setText(find(".age", status), connected && shownAge(age) ? message("age", age) : "");
	const use = get("use", status), address = use.getAttribute("href") ?? "", drawing = address.replace(/#.*/, "#" + ({polling: "live", connecting: "catching", paused: "offline"}[/** @type {string} */ (feed.state)] ?? feed.state));
	if (address !== drawing) use.setAttribute("href", drawing);
	showBar(feed.problem, status.dataset.problem ?? "");
	root.toggleAttribute("data-off", problem !== "");
	for (const e of findAll("#board .act, .head a[data-dialog]")) {
		if (problem) e.setAttribute("aria-disabled", "true");
		else if (!e.dataset.why) e.removeAttribute("aria-disabled");
	}
}

/**
 * showBar says in one line, which is always in the same place, what is wrong with
 * the connection or with the list. What is said above the page is not repeated.
 * @param {string} kind of problem that turns actions off, or ""
 * @param {string} unread why the server cannot read the list, or ""
 */
function showBar(kind, unread) {
	const bar = get("#connection"), access = find("#access");
	const text = problem || (access?.dataset.access === "expired" ? "" : unread) || (transport.polling ? message("pollingWhy") : "");
	bar.hidden = !text;
	bar.dataset.tone = kind === "cut" || kind === "away" ? "bad" : text === message("pollingWhy") ? "quiet" : "doubt";
	setText(find("p", bar), text);
	get("button", bar).hidden = kind !== "tabs";
}

function markLost() {
	if (connected) lostAt = Date.now();
	connected = false;
	repaint();
}

// reconnect starts a new feed: htmx closes the open one and connects.
function reconnect() {
	if (!live || signedOut || replaced) return;
	if (transport.polling) transport.probing(Date.now());
	else heardAt = Date.now();
	connecting = true;
	htmx.process(live, true);
	connecting = false;
}

let connecting = false; // a socket is started on purpose

// revive is called when the page may have slept, or the network was away.
function revive() {
	if (transport.polling) poll();
	else if (live && !document.hidden && (!connected || Date.now() - heardAt > 6000)) reconnect();
	repaint();
}

// checkServer finds out why a socket failed: whether the session has expired, the
// server is away, or sockets do not reach it.
async function checkServer() {
	const answer = await fetch("/session").catch(() => null);
	if (!answer || !isOurs(answer)) return;
	if (answer.status === 401) return reportExpiredSession();
	transport.failed(Date.now());
	if (transport.polling) poll();
}

/** @param {DocumentEventMap["htmx:ws:close"]} e */
function onClose(e) {
	const {code, reason} = e.detail;
	if (signedOut || reason === "removed" || reason === "cancelled") return;
	if (!transport.polling) markLost();
	if (code === 4401) return reportExpiredSession();
	if (code === 4403) return location.reload(); // no longer a member
	if (code === 4408) {
		replaced = true;
		return repaint();
	}
	if (transport.closed(Date.now(), code)) checkServer();
	// After these codes htmx gives up; after all others it retries itself.
	if (code === 1000 || code === 1008) setTimeout(reconnect, 5000);
}

let version = ""; // of the board that was polled last
let polls = 0;

// poll requests what the feed would have sent, again and again until a socket
// reaches the page.
async function poll() {
	const mine = ++polls;
	if (!transport.polling || signedOut) return;
	const heard = connected;
	try {
		const answer = await request("/feed/poll?have=" + encodeURIComponent(version));
		if (answer.status === 403 || answer.status === 404) return location.reload(); // no longer a member
		if (answer.ok) {
			const {version: next, frames} = await answer.json();
			for (const frame of frames) {
				if (transport.polling && mine === polls) await applyFrame(frame);
			}
			version = next;
		}
		if (!heard && before) transport.recovered();
	} catch {
		if (transport.polling) markLost();
	}
	if (mine !== polls) return;
	if (transport.polling && transport.mayConnect(Date.now())) reconnect();
	setTimeout(() => { if (mine === polls) poll(); }, pollEvery * (.9 + Math.random() / 5));
}

/**
 * applyFrame does with a frame that was polled what htmx does with one of a
 * socket.
 * @param {{target: string, swap: string, content: string}} frame
 */
async function applyFrame(frame) {
	if (!live) return;
	const incoming = {data: JSON.stringify(frame)};
	live.dispatchEvent(new CustomEvent("htmx:ws:before:message:incoming", {bubbles: true, detail: {message: incoming, polled: true}}));
	const {target, swap, content} = JSON.parse(incoming.data);
	await htmx.swap({sourceElement: live, target, swap: swap + " swapEmpty:false", text: content, transition: false});
	live.dispatchEvent(new CustomEvent("htmx:ws:after:message:incoming", {bubbles: true, detail: {polled: true}}));
}

/** startConnection watches the feed of the board. */
export function startConnection() {
	live = find("#live");
	document.addEventListener("session:expired", () => { signedOut = true; });
	document.addEventListener("session:resumed", () => {
		signedOut = false;
		if (transport.polling) poll();
		else reconnect();
		repaint();
	});
	if (!live) return;
	root.dataset.scripted = "";

	document.addEventListener("htmx:ws:before:connection", e => { if (!connecting && !transport.mayConnect(Date.now())) e.preventDefault(); });
	document.addEventListener("htmx:ws:before:message:incoming", () => { heardAt = Date.now(); });
	document.addEventListener("htmx:ws:after:message:incoming", e => {
		if (!e.detail?.polled) transport.heard(Date.now());
		connected = before = true;
		heardAt = Date.now();
		syncClock(Number(find("#status")?.dataset.now));
		repaint();
	});
	document.addEventListener("htmx:ws:close", onClose);
	get("#connection button").addEventListener("click", () => {
		replaced = false;
		reconnect();
		repaint();
	});
	// A silent feed is dead. A feed that never sent anything is retried sooner,
	// by each page after another time.
	const firstTimeout = 8000 + 4000 * Math.random();
	setInterval(() => {
		if (Date.now() - heardAt <= (connected && !transport.polling ? 35_000 : firstTimeout)) return;
		markLost();
		if (transport.polling || replaced) return;
		if (transport.closed(Date.now(), 1006)) checkServer();
		reconnect();
	}, 2000);
	document.addEventListener("visibilitychange", revive);
	addEventListener("online", revive);
	addEventListener("offline", markLost);
	addEventListener("pageshow", e => { if (e.persisted) revive(); });
}
