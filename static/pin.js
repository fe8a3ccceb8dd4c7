// Keeps the row under the pointer, or with the focus in it, where it is: it
// does not change its section before the pointer and the focus have left it,
// and rows that come or go above it do not push it away.
"use strict";
(() => {
	const live = document.getElementById("live");
	if (!live) return;
	const main = document.getElementById("main");
	const hovers = matchMedia("(hover: hover)");

	let anchor = null; // the row and where it stood, while a frame is taken in
	let late = null; // the row that stands where it does not belong any more, and where it does

	// topOf is where an element belongs in the window, wherever glide.js shows it.
	function topOf(e) {
		let y = -document.scrollingElement.scrollTop;
		for (; e; e = e.offsetParent) y += e.offsetTop;
		return y;
	}

	const pinned = () => hovers.matches && document.querySelector("#board .row:hover") ||
		document.activeElement?.closest?.("#board .row");

	document.addEventListener("htmx:ws:before:message:incoming", e => {
		const row = pinned(), {message} = e.detail;
		anchor = null;
		if (!row?.id || typeof message.data !== "string") return;
		let frame;
		try { frame = JSON.parse(message.data); } catch { return; }
		if (frame.target !== "#board") return;
		anchor = {id: row.id, top: topOf(row)};
		document.documentElement.style.overflowAnchor = "none";
		const content = stay(row, frame.content);
		if (content) message.data = JSON.stringify({...frame, content});
	});

	// stay returns the board's new content with row left in the section it is in.
	// It returns nothing if it is there anyway.
	function stay(row, content) {
		const list = row.parentElement;
		const board = new DOMParser().parseFromString(content, "text/html").getElementById("board");
		const coming = board?.querySelector("#" + CSS.escape(row.id));
		const home = coming?.parentElement;
		late = null;
		if (!home || home.id === list.id) return;
		late = {id: row.id, home: home.id, before: coming.nextElementSibling?.id};
		const there = board.querySelector("#" + CSS.escape(list.id));
		if (!there) return;
		const index = [...list.children].indexOf(row);
		there.insertBefore(coming, there.children[index] ?? null);
		return tally(board).outerHTML;
	}

	// tally makes the numbers beside the headings true, and hides empty sections.
	function tally(board) {
		for (const section of board.querySelectorAll(".sec")) {
			const n = section.querySelectorAll(".row").length;
			section.hidden = n === 0;
			section.querySelector(".count").textContent = n;
		}
		return board;
	}

	// As soon as the page has changed, before glide.js looks where everything is.
	function keep() {
		const row = anchor && document.getElementById(anchor.id);
		if (row) hold(topOf(row) - anchor.top);
	}
	new MutationObserver(keep).observe(live, {subtree: true, childList: true, attributeFilter: ["hidden"]});
	document.addEventListener("htmx:ws:after:message:incoming", () => { keep(); anchor = null; });

	// hold scrolls by what the row was moved, and makes room where there is none.
	function hold(moved) {
		if (Math.abs(moved) < 1) return;
		const page = document.scrollingElement;
		for (let i = 0; i < 2; i++) { // the first time may only fill the window
			const missing = page.scrollTop + moved + innerHeight - page.scrollHeight;
			if (missing > 0) main.style.paddingBottom = parseFloat(getComputedStyle(main).paddingBottom) + missing + "px";
		}
		if (page.scrollTop + moved < 0) live.style.paddingTop = (parseFloat(live.style.paddingTop) || 0) - page.scrollTop - moved + "px";
		scrollBy({top: moved, behavior: "instant"});
	}

	// release puts everything where it belongs, once nobody is at the row.
	function release() {
		if (pinned()) return;
		main.style.paddingBottom = live.style.paddingTop = document.documentElement.style.overflowAnchor = "";
		const row = late && document.getElementById(late.id), home = late && document.getElementById(late.home);
		if (row && home) {
			home.insertBefore(row, document.getElementById(late.before ?? ""));
			tally(document.getElementById("board"));
		}
		late = null;
	}
	document.addEventListener("pointerout", () => setTimeout(release, 150));
	document.addEventListener("focusout", () => setTimeout(release, 150));
})();
