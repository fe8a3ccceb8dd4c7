// @ts-check
// Ringing calls change the title and the icon of the tab, play a sound and show a
// notification on the desktop.

import {activeWorker, showNotification} from "./desktop_notifications.js";
import {find, get, message, setText} from "./dom.js";
import {countText} from "./format.js";
import {isLeader, startLeaderTab} from "./leader_tab.js";
import {showTheme} from "./preference.js";
import {isQuiet} from "./quiet_hours.js";
import {ring} from "./ring_sound.js";
import {boardRows} from "./row_animation.js";

const ringEvery = 4000; // ms

/** preferences are those of the member, as they are now. */
const preferences = () => find("#preferences")?.dataset ?? {};

/** @type {Map<string, import("./desktop_notifications.js").Shown>} */
const notifications = new Map(); // by row

const inFront = () => document.visibilityState === "visible" && document.hasFocus();

/**
 * notify shows a call on the desktop, once.
 * @param {HTMLElement} row
 * @param {DOMStringMap} texts
 */
function notify(row, texts) {
	if (notifications.has(row.id) || preferences().notify !== "on" || inFront() || window.Notification?.permission !== "granted") return;
	const name = (get(".who h3", row).textContent ?? "").trim(), local = find(".us p", row)?.textContent?.trim();
	/** @type {HTMLLinkElement | null} */
	const icon = find("link[rel=apple-touch-icon]");
	notifications.set(row.id, showNotification(texts.from?.replace("{n}", name) ?? "",
		{body: local && texts.for?.replace("{n}", local), tag: row.id, icon: icon?.href, silent: true, data: {row: row.id}},
		() => { window.focus(); showRow(row.id); }, () => activeWorker(texts.worker ?? "")));
}

/** @param {string} id of a row, which may be gone */
function showRow(id) {
	const row = document.getElementById(id);
	row?.scrollIntoView({block: "center"});
	row?.focus();
}

// applyPreferences applies what the member changed elsewhere.
function applyPreferences() {
	const {theme, lang} = preferences();
	showTheme(theme ?? "");
	if (lang && lang !== document.documentElement.lang && !find("dialog[open]")) location.reload();
}

/** startRinging compares what rings with what rang, after every frame and by time. */
export function startRinging() {
	const texts = find("#ring")?.dataset;
	if (!texts) return;
	/** @type {HTMLLinkElement} */
	const icon = get("link[rel=icon]");
	const {title} = document, quietIcon = icon.href, me = message("member");
	/** @type {Set<string>} */
	let known = new Set();
	let rangAt = 0;

	/** @param {HTMLElement} row */
	const concerns = row => preferences().all === "on" || (row.dataset.rings ?? "").split(" ").includes(me);

	const update = () => {
		const rows = boardRows().filter(row => row.hasAttribute("data-rings") && concerns(row));
		const fresh = rows.filter(row => !known.has(row.id));
		if (rows.length !== known.size || fresh.length) {
			document.title = rows.length ? `(${rows.length}) ${title}` : title;
			icon.href = rows.length ? texts.icon ?? "" : quietIcon;
			if (fresh.length) setText(find("#announcer"), countText(rows.length, texts));
		}
		known = new Set(rows.map(row => row.id));
		for (const [id, n] of notifications) {
			if (known.has(id)) continue;
			n.close();
			notifications.delete(id);
		}
		if (!isLeader() || !rows.length || isQuiet(preferences().quiet, new Date())) return;
		for (const row of rows) notify(row, texts);
		if (fresh.length || Date.now() - rangAt >= ringEvery) {
			rangAt = Date.now();
			ring(Number(preferences().volume));
		}
	};

	startLeaderTab(update);
	document.addEventListener("feed:applied", () => { applyPreferences(); update(); });
	setInterval(update, 1000);
	navigator.serviceWorker?.addEventListener("message", e => showRow(String(e.data?.row)));
	addEventListener("pagehide", () => { for (const n of notifications.values()) n.close(); });
	update();
}
