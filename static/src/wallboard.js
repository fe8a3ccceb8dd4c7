// @ts-check
// A wallboard: a screen that runs for days without anybody near it. It comes back
// after every break, shows when its list is old, and loads itself again when the
// server has changed.

import {alarmLevel} from "./alarm_rules.js";
import {answerHeader} from "./answers.js";
import {find, findAll, get, parse, setText} from "./dom.js";
import {wallboardProblem} from "./feed_state.js";
import {FeedSocket} from "./feed_socket.js";
import {FeedTransport} from "./feed_transport.js";
import {duration, timeOfDay} from "./format.js";

const {feed = "", ...texts} = document.body.dataset; // texts: cut, stale, never

/** @type {FeedSocket} */
let socket;
let lostAt = Date.now(), connected = false;
const pollEvery = 3000; // ms, where no socket gets through
const transport = new FeedTransport();
let polling = false; // the next poll is due, or under way
let withdrawn = false; // the link shows nothing any more
let offset = 0; // of the server's clock

// repaint brings everything up to date that depends on the time: the server's,
// not the screen's, whose clock may be wrong.
function repaint() {
	const wall = find("#wall"), now = Date.now() + offset;
	if (!wall || withdrawn) return;
	setText(find(".now"), timeOfDay(now, Number(wall.dataset.zone)));
	const zone = find(".zone", wall); // named where the screen's own clock shows another time
	if (zone) zone.hidden = Number(wall.dataset.zone) === -60 * new Date(now).getTimezoneOffset();
	for (const call of findAll(".calls li", wall)) markCall(call, wall.dataset, now);
	const listedAt = Number(wall.dataset.listed), age = Math.floor((now - listedAt) / 1000);
	const problem = wallboardProblem({connected, lostFor: Date.now() - lostAt, listed: listedAt > 0 || "unlisted" in wall.dataset, age: listedAt ? age : 0});
	wall.toggleAttribute("data-off", problem !== "");
	const told = get(".stale"), text = problem ? texts[problem]?.replace("{n}", String(age)) : wall.dataset.problem;
	told.hidden = !text;
	setText(find("span", told), text ?? "");
}

/**
 * markCall shows for how long a call has been in its state, and whether that is too
 * long.
 * @param {HTMLElement} call
 * @param {DOMStringMap} alarms limits by state, and words by level
 * @param {number} now
 */
function markCall(call, alarms, now) {
	const time = get("time", call), ms = now - Number(time.dataset.since);
	setText(time, duration(ms));
	const level = alarmLevel(alarms[call.dataset.state ?? ""], ms);
	if (level) call.dataset.alarm = level;
	else delete call.dataset.alarm;
	setText(find(".late b", call), level && alarms[level] || "");
}

/**
 * apply shows what a message of the feed has.
 * @param {FeedMessage} m
 * @param {string | undefined} version of the page
 */
function apply(m, version) {
	socket.heardAt = Date.now(); // by polling, too
	const next = parse(m.parts?.[0] ?? "").getElementById("wall");
	if (!next) return;
	if (next.dataset.version !== version) return location.reload();
	offset = Number(next.dataset.now) - Date.now();
	find("#wall")?.replaceWith(document.importNode(next, true));
	repaint();
}

function markLost() {
	if (connected) lostAt = Date.now();
	connected = false;
}

/**
 * newSocket returns the connection to the feed.
 * @param {string | undefined} version of the page
 */
const newSocket = version => new FeedSocket(() => feed, {
	mayConnect: () => transport.mayConnect(Date.now()),
	message: m => {
		transport.heard(Date.now());
		connected = true;
		setWithdrawn(false);
		apply(m, version);
	},
	close: code => {
		if (!transport.polling) markLost();
		repaint();
		if (code === 4401 || code === 4403) setWithdrawn(true);
		else if (transport.closed(Date.now(), code)) checkLink(version);
		if (withdrawn) return 60_000; // in case that was a mistake
	},
});

/** @param {Response} answer */
const isOurs = answer => answer.headers.get(answerHeader) !== null;

/**
 * checkLink finds out why the feed failed: a network that is away looks like a
 * link that was withdrawn, and like a proxy that does not let sockets through.
 * @param {string | undefined} version
 */
async function checkLink(version) {
	const answer = await fetch(location.href, {method: "HEAD", cache: "no-store"}).catch(() => null);
	if (!answer || !isOurs(answer)) return;
	if (answer.status === 404) return setWithdrawn(true);
	transport.failed(Date.now());
	if (transport.polling && !polling) poll(version);
}

/**
 * poll requests what the feed would send, again and again until a socket gets
 * through.
 * @param {string | undefined} version
 */
async function poll(version) {
	polling = transport.polling && !withdrawn;
	if (withdrawn) return;
	if (!polling) return;
	try {
		const answer = await fetch(feed.replace("/feed?", "/poll?"), {cache: "no-store"});
		if (!isOurs(answer)) throw new Error(String(answer.status));
		if (answer.status === 404) setWithdrawn(true);
		else if (answer.ok) {
			const messages = await answer.json();
			connected = true;
			if (transport.polling) for (const m of messages) apply(m, version);
		}
	} catch {
		if (transport.polling) markLost();
	}
	if (transport.polling && transport.mayConnect(Date.now())) {
		transport.probing(Date.now());
		socket.connect();
	}
	setTimeout(poll, pollEvery * (.9 + Math.random() / 5), version);
}

/**
 * setWithdrawn shows that the link was withdrawn, and forgets what it showed.
 * @param {boolean} now
 */
function setWithdrawn(now) {
	if (withdrawn === now) return;
	withdrawn = now;
	if (!now) return location.reload();
	find("#wall")?.replaceChildren();
	get("#wall").hidden = true;
	get("#revoked").hidden = false;
}

// keepAwake asks that the screen does not go to sleep.
function keepAwake() {
	if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
}

/** startWallboard connects the wallboard to its feed. */
export function startWallboard() {
	if (!feed) return;
	const {version, now} = get("#wall").dataset;
	offset = Number(now) - Date.now();
	socket = newSocket(version);
	socket.connect();
	keepAwake();
	repaint();
	document.addEventListener("visibilitychange", keepAwake);
	addEventListener("online", () => socket.connect());
	setInterval(repaint, 500);
	setInterval(() => {
		if (withdrawn || Date.now() - socket.heardAt <= 35_000) return;
		markLost();
		socket.connect();
	}, 5000);
}
