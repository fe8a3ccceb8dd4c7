// @ts-check
// The gallery: time stands still, the connection is as the example wants it, and
// dialogs are open. It comes after the script of the page that it shows.

import {find, findAll, get, setText} from "../dom.js";
import {startPlayers} from "../players.js";

const root = document.documentElement;

// The gallery needs no session.
document.addEventListener("session:expired", e => e.stopImmediatePropagation(), true);

if (!find("#wall")) { // a wallboard connects to nothing, and has no dialogs
	const preferences = find("#preferences");
	if (preferences && root.dataset.theme) preferences.dataset.theme = root.dataset.theme; // as the address says
	find("#call")?.removeAttribute("data-live"); // it would load itself
	startFeed();
	openDialog();
	if (find(".player")) startPlayers();
}

// startFeed pretends that a message came just now, every second, at the moment of
// the example.
function startFeed() {
	if (root.dataset.gallery === "board-offline") {
		Object.defineProperty(navigator, "onLine", {get: () => false});
		dispatchEvent(new Event("offline"));
		return;
	}
	if (!find("#live")) return;
	const listed = Number(find("#status")?.dataset.listed ?? root.dataset.now);
	function tell() {
		const now = Number(root.dataset.now);
		const detail = {now: now % 2 ? now - 1 : now + 1, listed}; // another time sets the clock
		document.dispatchEvent(new CustomEvent("gallery:message", {detail}));
	}
	tell();
	setInterval(tell, 1000);
}

// openDialog opens the dialog that the example is about.
function openDialog() {
	const place = find("[data-open]");
	const dialog = place && /** @type {HTMLDialogElement | null} */ (document.getElementById(place.dataset.open ?? ""));
	if (!place || !dialog) return;
	const content = find(".dialog", place), text = find("p[id]", dialog);
	if (content && dialog.id === "modal") {
		get("#modal-body").append(content);
		dialog.setAttribute("aria-labelledby", "dialog-title");
		for (const e of findAll("[data-keypad], [data-quick], [data-close]", content)) e.hidden = false;
		for (const e of findAll("[data-unscripted]", content)) e.hidden = true;
	}
	if (text && place.dataset.text) setText(text, place.dataset.text);
	if (place.dataset.yes) setText(find("[value=yes]", dialog), place.dataset.yes);
	dialog.showModal();
	(find("[autofocus]", dialog) ?? dialog).focus();
}
