// @ts-check
// Rows and sections do not jump: when some come, go or move, the others slide from
// where they were to where they belong. The row in use does not move at all.

import {find, findAll, get} from "./dom.js";

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Element} e */
const topOf = e => e.getBoundingClientRect().top;

// Sections move as a whole; a row moves with its section, and within it.
const movable = () => findAll("#board > *, #board .row").filter(e => e.offsetParent);

/**
 * hold scrolls so that an element stays where it was in the window, and adds
 * padding where the page is too short for that.
 * @param {HTMLElement} element
 * @param {number} top where it was
 */
function hold(element, top) {
	const page = document.scrollingElement, main = get("#main"), live = get("#live");
	for (let i = 0; i < 2 && page; i++) { // the first time may only fill the window
		const moved = topOf(element) - top;
		if (Math.abs(moved) < 1) return;
		const missing = page.scrollTop + moved + innerHeight - page.scrollHeight;
		if (missing > 0) main.style.paddingBottom = parseFloat(getComputedStyle(main).paddingBottom) + missing + "px";
		if (page.scrollTop + moved < 0) live.style.paddingTop = (parseFloat(live.style.paddingTop) || 0) - page.scrollTop - moved + "px";
		scrollBy({top: moved, behavior: "instant"});
	}
}

/** isPadded reports whether there is padding that keeps a row where it is. */
export const isPadded = () => Boolean(find("#main")?.style.paddingBottom || find("#live")?.style.paddingTop);

/**
 * slide makes a change of the board and lets everything slide that it moves.
 * @param {() => void} change
 * @param {HTMLElement | null} inUse the row that stays where it is
 */
export function slide(change, inUse) {
	const moving = !reduced.matches && !document.hidden;
	const before = new Map((moving ? movable() : []).map(e => [e, topOf(e)])), held = inUse ? topOf(inUse) : 0;
	document.documentElement.style.overflowAnchor = "none";
	change();
	if (inUse?.isConnected) hold(inUse, held);
	if (!inUse && isPadded()) get("#main").style.paddingBottom = get("#live").style.paddingTop = "";
	document.documentElement.style.overflowAnchor = "";
	if (!moving) return;
	const after = movable().map(e => /** @type {const} */ ([e, topOf(e)]));
	/** @type {Map<Element | null, number>} */
	const sections = new Map();
	for (const [e, top] of after) {
		const from = before.get(e);
		let by = from === undefined ? 0 : from - top;
		if (e.matches(".row")) by -= from === undefined ? 0 : sections.get(e.closest(".sec")) ?? 0;
		else sections.set(e, by);
		if (Math.abs(by) >= .5 && inWindow(from ?? top, top)) e.animate([{transform: `translateY(${by}px)`}, {transform: "none"}], {duration: 180, easing: "ease-out"});
	}
}

/** @param {number[]} tops */
const inWindow = (...tops) => Math.min(...tops) < innerHeight && Math.max(...tops) > -200;
