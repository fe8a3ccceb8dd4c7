// @ts-check
// The feed's connection, and how old the list of calls is.

import {changeRows, showBoard} from "./board_rows.js";
import {find, findAll, get, message, parse, setText} from "./dom.js";
import {feedState, isFresh, listAge, shownAge} from "./feed_state.js";
import {FeedSocket} from "./feed_socket.js";
import {FeedTransport} from "./feed_transport.js";
import {elementOf, morph} from "./morph.js";
import {isOurs, reportExpiredSession, request} from "./request.js";
import {serverNow, syncClock} from "./server_clock.js";
import {updateTimeLabels} from "./time_labels.js";

const pollEvery = 3000; // ms, of a page that no socket reaches
const silence = 15_000; // ms after which a socket is dead: the server says something every 5 s
const root = document.documentElement;
const transport = new FeedTransport();

/** @type {HTMLElement | null} */
let live = null; // the element that has the feed; other pages than the board have none
let connected = false, before = false; // before: was ever connected
let lostAt = Date.now();
let listedAt = 0, listFresh = false; // when the calls were read, and whether the server said so while that was new
let signedOut = false;
let replaced = false; // too many tabs are open, and this one waits until it is used
let problem = ""; // why actions are off, as a sentence

/** connectionProblem returns the sentence why actions are off, "" if they are not. */
export const connectionProblem = () => problem;

/** isSignedOut reports whether the session has expired. */
export const isSignedOut = () => signedOut;

/**
 * repaint brings everything up to date that depends on the time or on the
 * connection: once a second, and when a part of the page was loaded, before that is
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
	const age = listAge(listedAt, now, listFresh);
	const feed = feedState({connected, before, replaced, polling: transport.polling, lostFor: Date.now() - lostAt, online: navigator.onLine, listed: listedAt > 0 || "unlisted" in status.dataset, age});
	const wasOff = problem !== "";
	problem = feed.problem ? message(feed.problem, age) : "";

	status.dataset.state = feed.state;
	setText(find("b", status), message(feed.state));
	setText(find(".age", status), connected && shownAge(age) ? message("age", age) : "");
	const use = get("use", status), address = use.getAttribute("href") ?? "", drawing = address.replace(/#.*/, "#" + ({polling: "live", connecting: "catching", paused: "offline"}[/** @type {string} */ (feed.state)] ?? feed.state));
	if (address !== drawing) use.setAttribute("href", drawing);
	showBar(feed.problem, status.dataset);
	root.toggleAttribute("data-off", problem !== "");
	if (!problem && !wasOff) return; // nothing is off, nor what came since
	for (const e of findAll("#board .act, .tools a[data-dialog], #team a, .dialog[data-claim] form button")) {
		if (problem) e.setAttribute("aria-disabled", "true");
		else if (!("why" in e.dataset)) e.removeAttribute("aria-disabled");
	}
}

/** @type {string | undefined} */
let asks; // what asksMe returned last; undefined if that may have changed

/** asksMe returns who wants to connect the member with whom, "" if nobody does. */
const asksMe = () => [...document.getElementsByClassName("asks-you")].find(e => e.matches(`[data-for~="${CSS.escape(message("member"))}"] > *`))?.textContent ?? "";

/**
 * showBar says in one line, which is always in the same place, what is wrong: of
 * several problems the most serious one. That sipgate is away outweighs that a
 * new sign-in there is needed, which outweighs an old list.
 * @param {string} kind of problem of the connection that turns actions off, or ""
 * @param {DOMStringMap} status what the server knows: why it cannot read the list
 */
function showBar(kind, {reason, problem: unread = ""}) {
	const bar = find("#connection"), access = find("#access");
	if (!bar || !access) return; // the end of the session empties the page
	const signIn = access.dataset.access, expired = signIn === "expired";
	const polling = transport.polling ? message("pollingWhy") : "";
	let text = problem;
	if (!kind || kind === "stale") {
		if (reason && (reason !== "unauthorized" || !expired)) text = `${unread} ${problem}`.trim();
		else if (expired) text = "";
		else text ||= unread || (signIn ? "" : (asks ??= asksMe()) || polling);
	}
	bar.hidden = !text;
	access.hidden = !signIn || text !== "";
	bar.dataset.tone = kind === "cut" || kind === "away" ? "bad" : text && text === polling ? "quiet" : !unread && !problem ? "asks" : "doubt";
	setText(find("p", bar), text);
	get("button", bar).hidden = kind !== "tabs";
}

function markLost() {
	if (connected) lostAt = Date.now();
	connected = false;
	repaint();
}

const socket = new FeedSocket(() => `${live?.dataset.feed}?have=${encodeURIComponent(live?.dataset.have ?? "")}`, {
	mayConnect: () => transport.mayConnect(Date.now()),
	message: m => {
		transport.heard(Date.now());
		apply(m);
	},
	close: onClose,
});

/**
 * apply does what a message says.
 * @param {FeedMessage} m
 */
function apply(m) {
	socket.heardAt = Date.now(); // by polling, too
	// asksMe looks at everything on the board, so it is called only if its answer may change.
	if (asks || m.board || m.put?.some(row => row.includes("asks-you"))) asks = undefined;
	if (m.board) showBoard(m.board);
	if (m.drop || m.put) changeRows((m.put ?? []).map(elementOf), m.drop ?? []);
	for (const html of m.parts ?? []) showPart(elementOf(html));
	if (m.notice) find("#notices")?.append(...parse(m.notice).body.childNodes);
	if (m.have && live) live.dataset.have = m.have;
	if (m.now) {
		syncClock(m.now);
		listedAt = m.listed ?? 0;
		listFresh = isFresh(listedAt, m.now);
	}
	connected = before = true;
	document.dispatchEvent(new Event("feed:applied"));
	if (m.now) repaint();
	else updateStatus(serverNow()); // what changed has its times
}

/**
 * showPart replaces the element that has the id of a new one. What the member has
 * opened in it stays open, and a list stays filtered by what they typed.
 * @param {HTMLElement} fresh
 */
function showPart(fresh) {
	const old = document.getElementById(fresh.id);
	if (!old) return;
	if (find("details[open]", old)) find("details", fresh)?.setAttribute("open", "");
	document.dispatchEvent(new CustomEvent("feed:part", {detail: fresh}));
	morph(old, fresh);
	find("details[open] [data-filter]", old)?.dispatchEvent(new Event("input", {bubbles: true}));
	updateTimeLabels(serverNow(), [old]);
	if (fresh.id === "status") readStatus();
}

// readStatus takes over when the server read the list of calls, as the page says.
function readStatus() {
	const {listed, now} = find("#status")?.dataset ?? {}; // examples of the gallery have none
	syncClock(Number(now));
	listedAt = Number(listed);
	listFresh = isFresh(listedAt, Number(now));
}

// reconnect connects again at once.
function reconnect() {
	if (!live || signedOut || replaced) return;
	if (transport.polling) transport.probing(Date.now());
	socket.connect();
}

// revive is called when the page may have slept, or the network was away.
function revive() {
	if (transport.polling) poll();
	else if (live && !document.hidden && (!connected || Date.now() - socket.heardAt > 6000)) reconnect();
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

/**
 * onClose is called when the socket has ended, and returns when to connect again.
 * @param {number} code
 */
function onClose(code) {
	if (signedOut) return Infinity;
	if (!transport.polling) markLost();
	switch (code) {
	case 4401:
		reportExpiredSession();
		return Infinity;
	case 4403: // no longer a member
		location.reload();
		return Infinity;
	case 4408:
		replaced = true;
		repaint();
		return Infinity;
	}
	if (transport.closed(Date.now(), code)) checkServer();
}

let polls = 0;

// poll requests what the feed would have sent, again and again until a socket
// reaches the page.
async function poll() {
	const mine = ++polls;
	if (!transport.polling || signedOut || !live) return;
	const heard = connected;
	try {
		const answer = await request(`${live.dataset.feed}/poll?have=${encodeURIComponent(live.dataset.have ?? "")}`);
		if (answer.status === 403 || answer.status === 404) return location.reload(); // no longer a member
		if (answer.ok) {
			const messages = await answer.json();
			if (transport.polling && mine === polls) messages.forEach(apply);
		}
		if (!heard && before) transport.recovered();
	} catch {
		if (transport.polling) markLost();
	}
	if (mine !== polls) return;
	if (transport.polling && transport.mayConnect(Date.now())) reconnect();
	setTimeout(() => { if (mine === polls) poll(); }, pollEvery * (.9 + Math.random() / 5));
}

/** startConnection watches the feed of the board. */
export function startConnection() {
	live = find("#live");
	document.addEventListener("session:expired", () => { signedOut = true; socket.stop(); });
	document.addEventListener("session:resumed", () => {
		signedOut = false;
		if (transport.polling) poll();
		else reconnect();
		repaint();
	});
	if (!live) return;
	root.dataset.scripted = "";
	addEventListener("offline", markLost);
	if (!live.dataset.feed) { // an example of the gallery, which pretends to be connected
		document.addEventListener("gallery:message", e => apply(e.detail));
		return;
	}
	readStatus();
	socket.connect();
	get("#connection button").addEventListener("click", () => {
		replaced = false;
		reconnect();
		repaint();
	});
	// A silent feed is dead. A feed that never sent anything is retried sooner,
	// by each page after another time.
	const firstTimeout = 8000 + 4000 * Math.random();
	setInterval(() => {
		if (Date.now() - socket.heardAt <= (connected && !transport.polling ? silence : firstTimeout) || signedOut) return;
		markLost();
		if (transport.polling || replaced) return;
		if (transport.closed(Date.now(), 1006)) checkServer();
		reconnect();
	}, 2000);
	document.addEventListener("visibilitychange", revive);
	addEventListener("online", revive);
	addEventListener("pageshow", e => { if (e.persisted) revive(); });
}
