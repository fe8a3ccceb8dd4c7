// @ts-check
// New entries of the history. The page asks our server, which asks sipgate for
// all pages of the team together, and only when there may be something.

import {closest, find, findAll, parse, setText} from "./dom.js";
import {loadCall} from "./call_page.js";
import {drawFirst} from "./recordings.js";
import {request} from "./request.js";

const askEvery = 4000; // ms
let asking = false;

/** @param {HTMLElement} list */
async function ask(list) {
	if (asking || document.hidden) return;
	asking = true;
	try {
		const answer = await request(list.dataset.updates ?? "", {headers: {"HX-Request": "true"}});
		if (answer.status !== 200) return;
		const came = find("[data-updates]", parse(await answer.text()));
		if (!came) return;
		list.dataset.updates = came.dataset.updates;
		const rows = /** @type {HTMLElement[]} */ ([...came.children]);
		add(list, rows.filter(row => !find(`[data-entry="${CSS.escape(row.dataset.entry ?? "")}"]`, list)));
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
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows newest first
 */
function add(list, rows) {
	if (!rows.length) return;
	const row = rowInUse(list), before = row?.getBoundingClientRect().top ?? 0;
	for (const fresh of rows.reverse()) {
		const node = document.importNode(fresh, true);
		node.dataset.fresh = "";
		const next = /** @type {HTMLElement[]} */ ([...list.children]).find(r => Number(r.dataset.at) <= Number(node.dataset.at));
		list.insertBefore(node, next ?? null);
		htmx.process(node);
	}
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
	if (!find('#call [data-history="waiting"]') || wait > 150_000) return drawFirst();
	setTimeout(async () => {
		if (!document.hidden) await loadCall();
		awaitEntry(2 * wait);
	}, wait);
}

/** startHistoryUpdates asks for new entries, and for that of a call that ends. */
export function startHistoryUpdates() {
	const list = find("#history-list[data-updates]");
	if (list) {
		setInterval(ask, askEvery, list);
		document.addEventListener("visibilitychange", () => ask(list));
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
