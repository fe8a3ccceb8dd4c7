// The gallery: time stands still, the connection is as the picture wants it,
// and dialogs are open. Comes after app.js; no other page has it.
"use strict";
(() => {
	if (!window.callboard) return; // a wall, which has a script of its own
	const {$, put} = window.callboard;
	const root = document.documentElement, name = root.dataset.gallery, status = $("#status"), chosen = $("#choices");

	if (chosen && root.dataset.theme) chosen.dataset.theme = root.dataset.theme; // not what nobody chose
	// Nobody is signed in here, and need not be.
	document.addEventListener("session:over", e => e.stopImmediatePropagation(), true);
	$("#call")?.removeAttribute("data-live"); // it would ask for itself

	// live says that a frame came just now, with the moment of the picture.
	function live() {
		const now = Number(root.dataset.now);
		status.dataset.now = now % 2 ? now - 1 : now + 1; // another one is news
		document.dispatchEvent(new CustomEvent("htmx:ws:after:message:incoming"));
	}
	if (name === "board-offline") {
		Object.defineProperty(navigator, "onLine", {get: () => false});
		dispatchEvent(new Event("offline"));
	} else if (status && $("#live")) {
		live();
		setInterval(live, 1000);
	}

	const place = $("[data-open]"), dialog = place && document.getElementById(place.dataset.open);
	if (!dialog) return;
	const sheet = $(".sheet", place), text = $("p[id]", dialog);
	if (sheet && dialog.id === "modal") {
		$("#modal-body").append(sheet);
		dialog.setAttribute("aria-labelledby", "sheet-title");
		for (const e of sheet.querySelectorAll("[data-pad], [data-quick], [data-close]")) e.hidden = false;
	}
	if (text && place.dataset.text) put(text, place.dataset.text);
	dialog.showModal();
	(dialog.querySelector("[autofocus]") ?? dialog).focus();
})();
