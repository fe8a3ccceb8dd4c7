// @ts-check
// Dragging a call onto a colleague: a second way to the dialog for transfers,
// which asks as always. Nothing is transferred by letting go.

import {closest, find, findAll, get} from "./dom.js";
import {openTransfer} from "./team_strip.js";

const threshold = 8; // pixels until a press is a drag

/**
 * @typedef {object} Drag
 * @property {HTMLElement} row
 * @property {HTMLAnchorElement} link to the dialog for transfers
 * @property {number} x where it was pressed
 * @property {number} y
 * @property {boolean} [begun]
 */

/** @type {Drag | null} */
let drag = null;

/**
 * grab returns the drag that may begin: of a call that may be transferred now.
 * @param {PointerEvent} e
 * @returns {Drag | null}
 */
function grab(e) {
	/** @type {HTMLElement | null} */
	const row = closest(e.target, "#board .row");
	/** @type {HTMLAnchorElement | null} */
	const link = row && find('a.act.transfer', row);
	const grip = closest(e.target, e.pointerType === "mouse" ? ".dir, .state, .clock" : ".dir");
	if (!row || !link || !grip || document.documentElement.hasAttribute("data-off")) return null;
	return {row, link, x: e.clientX, y: e.clientY};
}

/**
 * begin shows what is dragged.
 * @param {Drag} mine
 * @param {HTMLElement} label
 */
function begin(mine, label) {
	mine.begun = true;
	document.documentElement.toggleAttribute("data-dragging", true);
	getSelection()?.removeAllRanges();
	label.textContent = (get("h3", mine.row).textContent ?? "").trim();
	label.hidden = false;
}

/**
 * targetOf returns the colleague under the pointer. Those behind the line are
 * shown when the pointer comes to their tile.
 * @param {PointerEvent} e
 * @returns {HTMLElement | null}
 */
function targetOf(e) {
	const under = document.elementFromPoint(e.clientX, e.clientY);
	/** @type {HTMLDetailsElement | null} */
	const more = closest(under, "#team details");
	if (more) more.open = true;
	return closest(under, "#team [data-to]");
}

/** startDragTransfer lets calls be dragged. */
export function startDragTransfer() {
	const label = find("#drop-label");
	if (!label) return;

	/** @param {HTMLElement | null} over */
	const mark = over => { for (const tile of findAll("#team [data-to]")) tile.toggleAttribute("data-over", tile === over); };

	const end = () => {
		if (drag?.begun) {
			label.hidden = true;
			document.documentElement.toggleAttribute("data-dragging", false);
			mark(null);
		}
		drag = null;
	};

	document.addEventListener("pointerdown", e => {
		if (e.button || !e.isPrimary || find("dialog[open]")) return;
		drag = grab(e);
	});
	document.addEventListener("pointermove", e => {
		if (!drag || !drag.begun && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < threshold) return;
		if (!drag.begun) begin(drag, label);
		e.preventDefault();
		label.style.transform = `translate(${e.clientX + 12}px, ${e.clientY + 12}px)`;
		mark(targetOf(e));
	});
	document.addEventListener("pointerup", e => {
		const over = drag?.begun ? targetOf(e) : null, link = drag?.link;
		end();
		if (over && link) openTransfer(link, over);
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
}
