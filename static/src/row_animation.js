// @ts-check
// Rows and sections do not jump: when some come, go or move, the others slide from
// where they were to where they belong. The row in use does not move at all.

import {find, get} from "./dom.js";
import {slideOffset} from "./slide_offset.js";

const steps = 4, pace = 24; // ms from one to the next frame that is asked for; 60 steps a second cost twice as much, and look the same
const reach = 240; // px outside of the window from where a row slides into it, the height of several rows; others are there at once
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Element} e */
const topOf = e => e.getBoundingClientRect().top;

/** @returns {HTMLElement[]} */
const partsOfBoard = () => /** @type {HTMLElement[]} */ ([...find("#board")?.children ?? []]);

/** @param {Element} part of the board @returns {HTMLElement | null} */
const listOf = part => part.matches(".sec") ? find(".rows", part) : null;

/** rowLists returns the lists of rows of the board. Unlike a selector, it does not look at the rows. */
export const rowLists = () => partsOfBoard().flatMap(part => listOf(part) ?? []);

/**
 * rowsOf returns the rows of a list, one after the other: to iterate over its children
 * costs a browser several times as much.
 * @param {Element} list
 */
function rowsOf(list) {
	/** @type {HTMLElement[]} */
	const rows = [];
	for (let row = list.firstElementChild; row; row = row.nextElementSibling) rows.push(/** @type {HTMLElement} */ (row));
	return rows;
}

/**
 * boardRows returns all rows of the board. A selector would look at each element in them,
 * which costs more than all else that a change of one row does.
 */
export const boardRows = () => rowLists().flatMap(rowsOf);

/** @typedef {Pick<DOMRect, "top" | "height">} Place */

/**
 * rowsNear yields the rows of a list that are in the window, or at most so many px
 * outside of it, and where they are. It finds the first of them by halves, so that
 * hundreds of rows cost as much as those that are seen.
 * @param {Element} list
 * @param {number} distance
 * @returns {Generator<[HTMLElement, DOMRect]>}
 */
export function* rowsNear(list, distance) {
	const /** @type {HTMLElement[]} */ rows = [], /** @type {HTMLElement[]} */ ended = [];
	for (const row of rowsOf(list)) (row.getAttribute("data-state") === "ended" ? ended : rows).push(row);
	rows.push(...ended); // as the style sheet orders them
	let from = 0;
	for (let to = rows.length; from < to;) {
		const middle = from + to >> 1;
		if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) < -distance) from = middle + 1;
		else to = middle;
	}
	for (const row of rows.slice(from)) {
		const place = row.getBoundingClientRect();
		if (place.top > innerHeight + distance) return;
		if (place.height) yield [row, place];
	}
}

/**
 * placesOf returns where everything is that may be seen moving: sections as a whole,
 * each followed by its rows, which move with it and within it. What is hidden is
 * nowhere.
 * @param {(HTMLElement | null | undefined)[]} more elements, wherever they are
 */
function placesOf(more) {
	/** @type {Map<HTMLElement, Place>} */
	const places = new Map();
	for (const e of partsOfBoard()) {
		const place = e.getBoundingClientRect(), list = listOf(e);
		if (!place.height) continue;
		places.set(e, place);
		if (list) for (const [row, place] of rowsNear(list, reach)) places.set(row, place);
	}
	for (const e of more) {
		const place = e && !places.has(e) && e.getBoundingClientRect();
		if (place && place.height) places.set(e, place);
	}
	return places;
}

/**
 * hold scrolls so that an element stays where it was in the window, and adds
 * padding where the page is too short for that; above the board only under the
 * pointer, since a click there must not meet another row.
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
		if (page.scrollTop + moved < 0 && element.matches(":hover")) live.style.paddingTop = (parseFloat(live.style.paddingTop) || 0) - page.scrollTop - moved + "px";
		scrollBy({top: moved, behavior: "instant"});
	}
}

/** isPadded reports whether there is padding that keeps a row where it is. */
export const isPadded = () => Boolean(find("#main")?.style.paddingBottom || find("#live")?.style.paddingTop);

// What slides is shifted by a property of its own, which an animation sets step by
// step: no element is touched but the one that changes, and browsers look at no other
// one, as they do when a rule changes. An animation of the transform itself would count
// as a layout shift when the next change comes before it ends.
const sheet = new CSSStyleSheet();
const property = "--slide";
const rules = `@property ${property}{syntax:"*";inherits:false;initial-value:none}#board>*,#board .row{transform:var(${property})}`;

/** @type {Animation[]} */
let slides = []; // under way
let changing = false;

/**
 * start lets elements slide from where they were to where they are.
 * @param {Map<HTMLElement, number>} offsets how far they were from there
 */
function start(offsets) {
	const mine = slides = Array.from(offsets, ([e, by]) => {
		const frames = Array.from({length: steps}, (_, n) => `translateY(${by * (1 - n / steps) ** 2}px)`);
		const animation = e.animate({[property]: frames}, {duration: steps - 1, fill: "both"});
		animation.pause();
		return animation;
	});
	// It begins with a frame, which shows everything where it was, and each step is in a
	// frame: what is measured in between is what is seen.
	const step = (n = 0) => requestAnimationFrame(() => {
		if (mine !== slides) return; // something else has changed
		if (n === steps) return stop();
		for (const animation of mine) animation.currentTime = n;
		setTimeout(step, pace, n + 1);
	});
	if (mine.length) step();
}

// stop shows everything where it is.
function stop() {
	for (const animation of slides) animation.cancel();
	slides = [];
}

/** startSliding is called before the first change: with a new rule, a browser looks at all elements. */
export function startSliding() {
	sheet.replaceSync(rules);
	document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/**
 * stays reports whether an element is where it was, with the height that it had.
 * @param {Place | undefined} before undefined if it was hidden
 * @param {Place} now
 */
const stays = (before, now) => before ? now.top === before.top && now.height === before.height : now.height === 0;

/**
 * slide makes a change of the board and lets everything slide that it moves.
 * @param {() => void} change
 * @param {HTMLElement | null} [held] a row that does not move at all
 * @param {HTMLElement[]} [inPlace] all that changes, if nothing comes, goes or moves: the others move only if the height of one of them changes
 */
export function slide(change, held, inPlace) {
	if (changing) return change(); // part of a change
	const counted = [...inPlace ?? [], held], before = placesOf(counted);
	changing = true;
	try {
		change();
	} finally {
		changing = false;
	}
	if (inPlace?.every(e => stays(before.get(e), e.getBoundingClientRect()))) return;
	const moving = slides.length > 0;
	stop();
	let now = placesOf(counted);
	if (!moving && now.size === before.size && [...now].every(([e, place]) => stays(before.get(e), place))) return;
	const top = held?.isConnected && before.get(held)?.top;
	if (held && top) {
		hold(held, top);
		if (!stays(now.get(held), held.getBoundingClientRect())) now = placesOf(counted);
	} else if (isPadded()) {
		get("#main").style.paddingBottom = get("#live").style.paddingTop = "";
		now = placesOf(counted);
	}
	if (reduced.matches || document.hidden) return;
	/** @type {Map<HTMLElement, number>} */
	const offsets = new Map();
	for (const [e, {top, height}] of now) {
		const section = e.matches(".row") && e.closest("section"); // which carries it
		const by = slideOffset(before.get(e)?.top, top, height, section && offsets.get(section) || 0, innerHeight);
		if (by) offsets.set(e, by);
	}
	start(offsets);
}
