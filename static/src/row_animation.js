// @ts-check
// Rows and sections do not jump. After every change of the board they slide from
// where they were shown to where they belong. The change may be a frame of the
// feed, a note that the clock hides, or a row that is released. It starts after row_anchor.js,
// which may scroll in the same moment.

import {find, findAll, get} from "./dom.js";

const length = 180; // ms of an animation

/** @param {Element} e */
const topOf = e => e.getBoundingClientRect().top;

/** @param {MutationRecord} record */
const isClock = ({target}) => target.nodeName === "TIME" || target.parentElement?.nodeName === "TIME";

/** startRowAnimation watches the board. */
export function startRowAnimation() {
	if (!find("#live")) return;
	const main = get("#main"), reduced = matchMedia("(prefers-reduced-motion: reduce)");

	/** @type {Map<HTMLElement, number>} */
	let homes = new Map(); // where everything belongs,
	let scrolled = scrollY; // and how far the page was scrolled then
	/** @type {Map<Element | null, number>} */
	let offsets = new Map(); // how far from there it is shown, sections and rows each by itself
	/** @type {Map<Element | null, number>} */
	let from = new Map(); // the same when the animation began
	let begun = 0, frame = 0;

	// Sections move as a whole; a row moves with its section, and within it.
	const movable = () => findAll("#board > *, #board .row", main).filter(e => e.offsetParent);
	/** @param {HTMLElement} e */
	const sectionOffset = e => e.matches(".row") && offsets.get(e.closest(".sec")) || 0;
	/** @param {HTMLElement} e */
	const shownAt = e => (homes.get(e) ?? 0) + (offsets.get(e) ?? 0) + sectionOffset(e);

	function measure() {
		for (const e of offsets.keys()) /** @type {HTMLElement} */ (e).style.transform = "";
		homes = new Map(movable().map(e => [e, topOf(e)]));
		scrolled = scrollY;
		offsets = new Map();
	}

	function paint() {
		for (const [e, by] of offsets) /** @type {HTMLElement} */ (e).style.transform = by ? `translateY(${by}px)` : "";
	}

	// A row that changes its section may be another element to the browser; to
	// people it is the same one.
	function animate() {
		/** @type {Map<HTMLElement | string, number>} */
		const seen = new Map();
		for (const e of homes.keys()) {
			seen.set(e, shownAt(e));
			if (e.id) seen.set(e.id, shownAt(e));
		}
		measure();
		if (reduced.matches || document.hidden) return;
		for (const [e, home] of homes) {
			const by = (seen.get(e) ?? seen.get(e.id) ?? home) - home - sectionOffset(e);
			if (Math.abs(by) >= .5) offsets.set(e, by);
		}
		from = new Map(offsets);
		begun = 0; // with the first frame, which shows everything where it was
		paint();
		if (!frame) frame = requestAnimationFrame(step);
	}

	/** @param {number} now */
	function step(now) {
		begun ||= now;
		const left = Math.max(0, 1 - (now - begun) / length) ** 2;
		for (const [e, by] of from) offsets.set(e, by * left);
		paint();
		if (!left) offsets = new Map();
		frame = left ? requestAnimationFrame(step) : 0;
	}

	new MutationObserver(records => { if (!records.every(isClock)) animate(); })
		.observe(main, {subtree: true, childList: true, characterData: true, attributeFilter: ["hidden", "class", "data-state"]});
	addEventListener("scroll", () => {
		for (const [e, y] of homes) homes.set(e, y + scrolled - scrollY);
		scrolled = scrollY;
	}, {passive: true});
	addEventListener("resize", measure);
	addEventListener("load", measure);
	measure();
}
