// @ts-check
// The feed's connection, and how old the list of calls is.

import {find, findAll, get, message, setText} from "./dom.js";
import {feedState, listAge} from "./feed_state.js";
import {serverNow, syncClock} from "./server_clock.js";
import {reportExpiredSession} from "./session.js";
import {updateTimeLabels} from "./time_labels.js";

const root = document.documentElement;

/** @type {HTMLElement | null} */
let live = null; // the element that has the feed; other pages than the board have none
let connected = false;
let lostAt = Date.now();
let heardAt = Date.now();
let signedOut = false;
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
	const feed = feedState({connected, lostFor: Date.now() - lostAt, online: navigator.onLine, listed: listedAt > 0, age});
	problem = feed.problem ? message(feed.problem, age) : "";

	status.dataset.state = feed.state;
	setText(find("b", status), message(feed.state));
	setText(find(".age", status), listedAt && connected ? message("age", age) : "");
	const use = get("use", status), address = use.getAttribute("href") ?? "", drawing = address.replace(/#.*/, "#" + feed.state);
	if (address !== drawing) use.setAttribute("href", drawing);
	setText(find(".off", status), problem);
	root.toggleAttribute("data-off", problem !== "");
	for (const e of findAll("#board .act")) {
		if (problem) e.setAttribute("aria-disabled", "true");
		else if (!e.dataset.why) e.removeAttribute("aria-disabled");
	}
}

function markLost() {
	if (connected) lostAt = Date.now();
	connected = false;
	repaint();
}

// reconnect starts a new feed: htmx closes the open one and connects.
function reconnect() {
	if (!live || signedOut) return;
	heardAt = Date.now();
	htmx.process(live, true);
}

// revive is called when the page may have slept, or the network was away.
function revive() {
	if (live && !document.hidden && (!connected || Date.now() - heardAt > 6000)) reconnect();
	repaint();
}

/** @param {DocumentEventMap["htmx:ws:close"]} e */
function onClose(e) {
	if (signedOut || e.detail.reason === "removed") return;
	markLost();
	if (e.detail.code === 4401) return reportExpiredSession();
	// A feed that was refused looks like a network that is away.
	if (e.detail.code === 1006) fetch("/session").then(r => { if (r.status === 401) reportExpiredSession(); }, () => {});
	// After these codes htmx gives up; after all others it retries itself.
	if (e.detail.code === 1000 || e.detail.code === 1008) setTimeout(reconnect, 5000);
}

/** startConnection watches the feed of the board. */
export function startConnection() {
	live = find("#live");
	document.addEventListener("session:expired", () => { signedOut = true; });
	document.addEventListener("session:resumed", () => {
		signedOut = false;
		reconnect();
		repaint();
	});
	if (!live) return;

	document.addEventListener("htmx:ws:before:message:incoming", () => { heardAt = Date.now(); });
	document.addEventListener("htmx:ws:after:message:incoming", () => {
		connected = true;
		heardAt = Date.now();
		syncClock(Number(find("#status")?.dataset.now));
		repaint();
	});
	document.addEventListener("htmx:ws:close", onClose);
	// A silent feed is dead. A feed that never sent anything is retried sooner,
	// by each page after another time.
	const firstTimeout = 8000 + 4000 * Math.random();
	setInterval(() => {
		if (Date.now() - heardAt <= (connected ? 35_000 : firstTimeout)) return;
		markLost();
		reconnect();
	}, 2000);
	document.addEventListener("visibilitychange", revive);
	addEventListener("online", revive);
	addEventListener("offline", markLost);
	addEventListener("pageshow", e => { if (e.persisted) revive(); });
}
