// @ts-check
// Rows and sections do not jump: when some come, go or move, the others slide from
// where they were to where they belong. The row in use does not move at all.

import {find, findAll, get} from "./dom.js";
import {rowOffset} from "./row_offset.js";

const length = 120; // ms of an animation
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

/** @type {[string, number][]} */
let moved = []; // selectors, and how far what they select was from where it belongs when it began
let begun = 0, last = 0, frame = 0, sliding = false;

// The transforms are rules, so that no row is touched but the one that changes. They
// are no animations: browsers count what an animation hides as a layout shift. What
// moves is a layer meanwhile, which is not painted again for each step.
const sheet = new CSSStyleSheet();

/** @param {HTMLElement} e */
const selectorOf = e => e.id ? "#" + CSS.escape(e.id) : e.dataset.section ? `.sec[data-section="${e.dataset.section}"]` : ".several";

/** @param {number} left how much of the way is left, from 1 to 0 */
function shift(left) {
	sheet.replaceSync(left ? moved.map(([selectors, by]) => `${selectors}{transform:translateY(${by * left}px);will-change:transform}`).join("") : "");
}

/** @param {number} now */
function step(now) {
	if (now - last < 30) return void (frame = requestAnimationFrame(step)); // 30 steps a second cost half of 60
	last = now;
	begun ||= now;
	const left = Math.max(0, 1 - (now - begun) / length) ** 2;
	shift(left);
	frame = left ? requestAnimationFrame(step) : 0;
	if (!left) moved = [];
}

/**
 * stays reports whether an element is where it was, with the height that it had.
 * @param {DOMRect | undefined} before undefined if it was hidden
 * @param {DOMRect} now
 */
const stays = (before, now) => before ? now.top === before.top && now.height === before.height : now.height === 0;

/**
 * slide makes a change of the board and lets everything slide that it moves.
 * @param {() => void} change
 * @param {HTMLElement | null} [held] a row that does not move at all
 * @param {HTMLElement[]} [inPlace] all that changes, if nothing comes, goes or moves: the others move only if the height of one of them changes
 */
export function slide(change, held, inPlace) {
	if (sliding) return change(); // part of a change
	if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
	const before = new Map(movable().map(e => [e, e.getBoundingClientRect()]));
	sliding = true;
	try {
		change();
	} finally {
		sliding = false;
	}
	if (inPlace?.every(e => stays(before.get(e), e.getBoundingClientRect()))) return;
	const moving = moved.length > 0;
	moved = [];
	if (moving) shift(0);
	const now = movable();
	if (!moving && now.length === before.size && now.every(e => stays(before.get(e), e.getBoundingClientRect()))) return;
	const top = held?.isConnected && before.get(held)?.top;
	if (held && top) hold(held, top);
	else if (isPadded()) get("#main").style.paddingBottom = get("#live").style.paddingTop = "";
	if (reduced.matches || document.hidden) return;
	/** @type {Map<Element | null, number>} */
	const sections = new Map();
	/** @type {Map<HTMLElement, number>} */
	const offsets = new Map();
	for (const [e, top] of now.map(e => /** @type {const} */ ([e, topOf(e)]))) {
		const from = before.get(e)?.top, isRow = e.matches(".row");
		const by = isRow ? rowOffset(from, top, sections.get(e.closest(".sec")) ?? 0, innerHeight) : (from ?? top) - top;
		if (!isRow) sections.set(e, by);
		if (Math.abs(by) >= .5) offsets.set(e, by);
	}
	moved = [...Map.groupBy(offsets, ([, by]) => by)].map(([by, all]) => [all.map(([e]) => selectorOf(e)).join(), by]);
	if (moved.length) shift(1);
	begun = 0; // with the first frame, which shows everything where it was
	if (moved.length && !frame) frame = requestAnimationFrame(step);
}
