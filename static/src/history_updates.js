// @ts-check
// New entries of the history. The page asks our server, which asks sipgate for
// all pages of the team together, and only when there may be something.

import {closest, find, findAll, get, parse, processNew, setText} from "./dom.js";
import {loadCall} from "./call_page.js";
import {watchPlayers} from "./players.js";
import {request} from "./request.js";
import {replaceBar, updatePicks} from "./transfer_bar.js";

const askEvery = 4000; // ms
let asking = false;

async function ask() {
	const list = find("#history-list[data-updates]");
	if (!list || asking || document.hidden) return;
	asking = true;
	try {
		const answer = await request(list.dataset.updates ?? "", {headers: {"HX-Request": "true"}});
		if (answer.status !== 200 || !list.isConnected) return;
		const came = find("[data-updates]", parse(await answer.text()));
		if (!came || !list.isConnected) return;
		list.dataset.updates = came.dataset.updates;
		const bar = find("#transfer-bar", came);
		if (bar) {
			replaceBar(document.importNode(bar, true));
			processNew(document.body);
		}
		add(list, findAll(".row", came).filter(row => !find(`[data-entry="${CSS.escape(row.dataset.entry ?? "")}"]`, list)));
	} catch {
		// the next time
	} finally {
		asking = false;
	}
}

/**
 * rowInUse returns the row that must stay where it is: the one that plays, has the
 * focus, or is under the pointer.
 * @param {HTMLElement} list
 * @returns {Element | null}
 */
function rowInUse(list) {
	const players = /** @type {HTMLAudioElement[]} */ (findAll("audio", list));
	return players.find(a => !a.paused)?.closest(".row") ?? closest(document.activeElement, "#history-list .row") ?? find(".row:hover", list);
}

/**
 * dayOf returns the list of a row's day on the page. A day that the page does not
 * have comes to its place.
 * @param {HTMLElement} list
 * @param {Element} row in an answer of the server
 */
function dayOf(list, row) {
	const day = /** @type {HTMLElement} */ (row.closest(".day")), date = day.dataset.day ?? "";
	const days = findAll(".day", list);
	let same = days.find(d => d.dataset.day === date);
	if (!same) {
		same = document.importNode(day, true);
		get(".rows", same).replaceChildren();
		list.insertBefore(same, days.find(d => (d.dataset.day ?? "") < date) ?? null);
	}
	return get(".rows", same);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows newest first
 */
function add(list, rows) {
	if (!rows.length) return;
	const row = rowInUse(list), before = row?.getBoundingClientRect().top ?? 0;
	for (const fresh of rows.reverse()) {
		const node = document.importNode(fresh, true), day = dayOf(list, fresh);
		node.dataset.fresh = "";
		const next = /** @type {HTMLElement[]} */ ([...day.children]).find(r => Number(r.dataset.at) <= Number(node.dataset.at));
		day.insertBefore(node, next ?? null);
		processNew(node);
	}
	updatePicks();
	watchPlayers();
	for (const e of findAll(".empty:not([data-search])")) e.hidden = true;
	if (row) {
		const moved = row.getBoundingClientRect().top - before;
		if (Math.abs(moved) > 1) scrollBy({top: moved, behavior: "instant"});
	}
	setText(find("#announcer"), list.dataset.newEntries ?? "");
}

// awaitEntry loads the page of a call that has just ended, a few times, until
// sipgate lists it.
function awaitEntry(wait = 2000) {
	if (!find('#call [data-history="waiting"]') || wait > 150_000) return;
	setTimeout(async () => {
		if (!document.hidden) await loadCall();
		awaitEntry(2 * wait);
	}, wait);
}

/** startHistoryUpdates asks for new entries, and for that of a call that ends. */
export function startHistoryUpdates() {
	if (find("#history-list")) {
		setInterval(ask, askEvery);
		document.addEventListener("visibilitychange", ask);
	}
	if (find("#call[data-live]")) {
		const live = setInterval(() => {
			if (find("#call[data-live]")) return;
			clearInterval(live);
			awaitEntry();
		}, 1000);
	} else if (find("#call")) {
		awaitEntry();
	}
}
