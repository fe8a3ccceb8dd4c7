// @ts-check
// What script adds to the row that is in use only: rows are small.

import {closest} from "./dom.js";

/**
 * inRowInUse calls offer with the row that the pointer came into, or the focus, and
 * again after each change of the board. What it adds has the attribute data-added.
 * @param {(row: HTMLElement | null) => void} offer
 */
export function inRowInUse(offer) {
	/** @type {HTMLElement | null} */
	let row = null;
	for (const type of ["pointerover", "focusin"]) {
		document.addEventListener(type, e => {
			const inUse = closest(e.target, ".row");
			if (!inUse || inUse === row) return;
			row = inUse;
			offer(row);
		});
	}
	document.addEventListener("feed:applied", () => offer(row));
}
