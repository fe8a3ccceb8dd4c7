// Dragging a call onto a colleague: a second way to the dialog for transfers,
// which asks as always. Nothing is transferred by letting go. Comes after app.js.
"use strict";
(() => {
	const {$, all, openSheet} = window.callboard;
	const strip = $("#strip"), label = $("#strip-label"), enough = 8; // pixels until a press is a drag
	if (!strip) return;
	let drag = null; // {row, link, x, y, begun}

	// handle is what can be grabbed: of a call that may be transferred now.
	function handle(e) {
		const row = e.target.closest?.("#board .row"), link = row && $('a.act[data-key="t"]', row);
		const grip = e.pointerType === "mouse" ? e.target.closest(".dir, .state, .clock") : e.target.closest(".dir");
		return link && grip && !document.documentElement.hasAttribute("data-off") ? {row, link, x: e.clientX, y: e.clientY} : null;
	}

	document.addEventListener("pointerdown", e => {
		if (e.button || !e.isPrimary || $("dialog[open]")) return;
		drag = handle(e);
	});

	// begin shows the colleagues, with what letting go there will ask for.
	async function begin() {
		const mine = drag;
		mine.begun = true;
		document.documentElement.toggleAttribute("data-dragging", true);
		getSelection()?.removeAllRanges();
		label.textContent = $("h3", mine.row).textContent.trim();
		label.hidden = false;
		strip.dataset.state = "busy";
		$("ul", strip)?.remove();
		strip.hidden = false;
		try {
			const call = mine.link.getAttribute("href").split("/")[2];
			const answer = await fetch(`/search?team=true&call=${call}`, {headers: {"HX-Request": "true"}});
			if (!answer.ok) throw new Error(answer.status);
			const body = new DOMParser().parseFromString(await answer.text(), "text/html").body;
			if (mine === drag) strip.append(...body.childNodes);
			strip.dataset.state = $("li", strip) ? "" : "failed";
		} catch {
			strip.dataset.state = "failed";
		}
	}

	const target = e => document.elementFromPoint(e.clientX, e.clientY)?.closest?.("#strip [data-to]");

	document.addEventListener("pointermove", e => {
		if (!drag) return;
		if (!drag.begun && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < enough) return;
		if (!drag.begun) begin();
		e.preventDefault();
		label.style.transform = `translate(${e.clientX + 12}px, ${e.clientY + 12}px)`;
		const over = target(e);
		for (const li of all("[data-to]", strip)) li.toggleAttribute("data-over", li === over);
	});

	function end() {
		if (drag?.begun) {
			strip.hidden = label.hidden = true;
			document.documentElement.toggleAttribute("data-dragging", false);
		}
		drag = null;
	}

	document.addEventListener("pointerup", e => {
		const over = drag?.begun && target(e), link = drag?.link;
		end();
		if (over && link) openSheet(`${link.getAttribute("href")}?to=${encodeURIComponent(over.dataset.to)}`);
	});
	document.addEventListener("pointercancel", end);
	addEventListener("blur", end);
	document.addEventListener("keydown", e => {
		if (e.key !== "Escape" || !drag?.begun) return;
		end();
		e.preventDefault();
		e.stopImmediatePropagation();
	}, true);
	document.addEventListener("dragstart", e => { if (drag) e.preventDefault(); });
	document.addEventListener("touchmove", e => { if (drag?.begun) e.preventDefault(); }, {passive: false});
})();
