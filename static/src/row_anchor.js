// @ts-check
// Keeps the row under the pointer, or with the focus in it, where it is: it does
// not change its section before the pointer and the focus have left it, and rows
// that are added or removed above it do not move it.

import {closest, find, findAll, get, parse, setText} from "./dom.js";

/** @type {{id: string, top: number} | null} */
let anchor = null; // the row and where it stood, while a frame is applied

/** @type {{id: string, home: string, before: string} | null} */
let displaced = null; // the row that is not where it belongs, and where that is

/**
 * topOf returns where an element belongs in the window, wherever an animation
 * shows it.
 * @param {HTMLElement} element
 */
function topOf(element) {
	let y = -(document.scrollingElement?.scrollTop ?? 0);
	for (let e = /** @type {Element | null} */ (element); e instanceof HTMLElement; e = e.offsetParent) y += e.offsetTop;
	return y;
}

const hovers = matchMedia("(hover: hover)");

/** @returns {HTMLElement | null} */
const inUse = () => hovers.matches ? find("#board .row:hover") ?? closest(document.activeElement, "#board .row") : closest(document.activeElement, "#board .row");

/** @param {DocumentEventMap["htmx:ws:before:message:incoming"]} e */
function beforeFrame(e) {
	const row = inUse(), {message} = e.detail;
	anchor = null;
	if (!row?.id || typeof message.data !== "string") return;
	let frame;
	try { frame = JSON.parse(message.data); } catch { return; }
	if (frame.target !== "#board") return;
	anchor = {id: row.id, top: topOf(row)};
	document.documentElement.style.overflowAnchor = "none";
	const content = withRowInPlace(row, frame.content);
	if (content) message.data = JSON.stringify({...frame, content});
}

/**
 * withRowInPlace returns the board's new content with row left in the section it
 * is in. It returns nothing if it is there anyway.
 * @param {HTMLElement} row
 * @param {string} content
 */
function withRowInPlace(row, content) {
	const list = row.parentElement, board = parse(content).getElementById("board");
	displaced = null;
	if (!list || !board) return;
	const coming = find("#" + CSS.escape(row.id), board), home = coming?.parentElement;
	if (!coming || !home || home.id === list.id) return;
	displaced = {id: row.id, home: home.id, before: coming.nextElementSibling?.id ?? ""};
	const there = find("#" + CSS.escape(list.id), board);
	if (!there) return;
	there.insertBefore(coming, there.children[[...list.children].indexOf(row)] ?? null);
	updateCounts(board);
	return board.outerHTML;
}

/**
 * updateCounts sets the numbers beside the headings, and hides empty sections.
 * @param {Element} board
 */
function updateCounts(board) {
	for (const section of findAll(".sec", board)) {
		const n = findAll(".row", section).length;
		section.hidden = n === 0;
		setText(find(".count", section), String(n));
	}
}

/** startRowAnchor watches the board. */
export function startRowAnchor() {
	const live = find("#live");
	if (!live) return;
	const main = get("#main");

	// keep runs as soon as the page has changed, before row_animation.js measures.
	const keep = () => {
		const row = anchor && document.getElementById(anchor.id);
		if (anchor && row) scrollAfter(topOf(row) - anchor.top);
	};

	/**
	 * scrollAfter scrolls by the distance that the row was moved, and adds padding
	 * where the page is too short for that.
	 * @param {number} moved
	 */
	const scrollAfter = moved => {
		const page = document.scrollingElement;
		if (!page || Math.abs(moved) < 1) return;
		for (let i = 0; i < 2; i++) { // the first time may only fill the window
			const missing = page.scrollTop + moved + innerHeight - page.scrollHeight;
			if (missing > 0) main.style.paddingBottom = parseFloat(getComputedStyle(main).paddingBottom) + missing + "px";
		}
		if (page.scrollTop + moved < 0) live.style.paddingTop = (parseFloat(live.style.paddingTop) || 0) - page.scrollTop - moved + "px";
		scrollBy({top: moved, behavior: "instant"});
	};

	// release puts everything where it belongs, once no row is in use.
	const release = () => {
		if (inUse()) return;
		main.style.paddingBottom = live.style.paddingTop = document.documentElement.style.overflowAnchor = "";
		const row = displaced && document.getElementById(displaced.id), home = displaced && document.getElementById(displaced.home);
		if (displaced && row && home) {
			home.insertBefore(row, document.getElementById(displaced.before));
			updateCounts(get("#board"));
		}
		displaced = null;
	};

	document.addEventListener("htmx:ws:before:message:incoming", beforeFrame);
	new MutationObserver(keep).observe(live, {subtree: true, childList: true, attributeFilter: ["hidden"]});
	document.addEventListener("htmx:ws:after:message:incoming", () => { keep(); anchor = null; });
	document.addEventListener("pointerout", () => setTimeout(release, 150));
	document.addEventListener("focusout", () => setTimeout(release, 150));
}
