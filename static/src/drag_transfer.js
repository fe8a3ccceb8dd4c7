// @ts-check
// Dragging a call onto a colleague: a second way to the dialog for transfers,
// which asks as always. Nothing is transferred by letting go.

import {closest, find, findAll, get, parse} from "./dom.js";
import {openDialog} from "./dialogs.js";

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
 * begin shows the colleagues, with what letting go there will ask for.
 * @param {Drag} mine
 * @param {HTMLElement} zone
 * @param {HTMLElement} label
 */
async function begin(mine, zone, label) {
	mine.begun = true;
	document.documentElement.toggleAttribute("data-dragging", true);
	getSelection()?.removeAllRanges();
	label.textContent = (get("h3", mine.row).textContent ?? "").trim();
	label.hidden = false;
	zone.dataset.state = "busy";
	find("ul", zone)?.remove();
	zone.hidden = false;
	try {
		const call = (mine.link.getAttribute("href") ?? "").split("/")[2];
		const answer = await fetch(`/search?team=true&call=${call}`, {headers: {"HX-Request": "true"}});
		if (!answer.ok) throw new Error(String(answer.status));
		const {body} = parse(await answer.text());
		if (mine === drag) zone.append(...body.childNodes);
		zone.dataset.state = find("li", zone) ? "" : "failed";
	} catch {
		zone.dataset.state = "failed";
	}
}

/**
 * targetOf returns the colleague under the pointer.
 * @param {PointerEvent} e
 * @returns {HTMLElement | null}
 */
const targetOf = e => closest(document.elementFromPoint(e.clientX, e.clientY), "#drop-zone [data-to]");

/** startDragTransfer lets calls be dragged. */
export function startDragTransfer() {
	const zone = find("#drop-zone");
	if (!zone) return;
	const label = get("#drop-label");

	const end = () => {
		if (drag?.begun) {
			zone.hidden = label.hidden = true;
			document.documentElement.toggleAttribute("data-dragging", false);
		}
		drag = null;
	};

	document.addEventListener("pointerdown", e => {
		if (e.button || !e.isPrimary || find("dialog[open]")) return;
		drag = grab(e);
	});
	document.addEventListener("pointermove", e => {
		if (!drag || !drag.begun && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < threshold) return;
		if (!drag.begun) begin(drag, zone, label);
		e.preventDefault();
		label.style.transform = `translate(${e.clientX + 12}px, ${e.clientY + 12}px)`;
		const over = targetOf(e);
		for (const item of findAll("[data-to]", zone)) item.toggleAttribute("data-over", item === over);
	});
	document.addEventListener("pointerup", e => {
		const over = drag?.begun ? targetOf(e) : null, link = drag?.link;
		end();
		if (over && link) openDialog(`${link.getAttribute("href")}?to=${encodeURIComponent(over.dataset.to ?? "")}`);
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
