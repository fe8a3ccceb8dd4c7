// @ts-check
// The rows of the board. A message of the feed inserts, changes, moves or removes
// single rows, and no other row is touched. The row under the pointer, or with the
// focus in it, stays where it is: it changes its section when the pointer and the
// focus have left it.

import {isCardOpen} from "./caller_card.js";
import {closest, find, findAll, get, message} from "./dom.js";
import {elementOf, morph} from "./morph.js";
import {boardRows, isPadded, rowLists, rowsNear, slide, startSliding} from "./row_animation.js";
import {serverNow} from "./server_clock.js";
import {startClocks, updateTimeLabels} from "./time_labels.js";

/** @type {Map<string, string>} */
const displaced = new Map(); // rows that are not where they belong, and the sections where they do

/** @type {Set<string>} */
const leaving = new Set(); // rows of ended calls that are gone, which stay as long as the pointer is on them or below

const roomy = matchMedia("(min-width: 100rem)"); // comfortable rows and the caller's card beside each other
const hovers = matchMedia("(hover: hover)");

/** @returns {HTMLElement | null} */
function rowUnderPointer() {
	return hovers.matches && get("#board").matches(":hover") ? boardRows().find(row => row.matches(":hover")) ?? null : null;
}

/** @returns {HTMLElement | null} */
const rowWithFocus = () => closest(document.activeElement, "#board .row");

/** @param {string} id @returns {HTMLElement | null} */
const rowOf = id => document.getElementById(id);

/**
 * nextOf returns the node before which a row belongs in a section, in the order of
 * the numbers: the row itself if it is there.
 * @param {HTMLElement} row as it is in the page, or is to be
 * @param {string} section
 */
function nextOf(row, section) {
	const list = get("#rows-" + section), no = Number(row.dataset.no);
	let after = /** @type {HTMLElement | null} */ (list.lastElementChild);
	while (after && (after.id === row.id || Number(after.dataset.no) > no)) after = /** @type {HTMLElement | null} */ (after.previousElementSibling);
	return after ? after.nextSibling : list.firstChild;
}

/**
 * place puts a row into a section. A row that is there is not touched: as a new one, it
 * would be laid out and painted again.
 * @param {HTMLElement} row
 * @param {string} section
 */
function place(row, section) {
	const next = nextOf(row, section);
	if (next !== row) get("#rows-" + section).insertBefore(row, next);
	displaced.delete(row.id);
}

let member = "";

/**
 * belongsIn returns the section of a row: the member's own calls are in one of theirs.
 * @param {HTMLElement} row
 */
export function belongsIn(row) {
	member ||= message("member");
	return row.getAttribute("data-owners")?.split(" ").includes(member) ? "own" : row.getAttribute("data-in") ?? "";
}

/** @param {HTMLElement} row */
const sectionOf = row => row.parentElement?.id.replace("rows-", "") ?? "";

/**
 * isInPlace reports whether a row is where its next form belongs. A call of one's own
 * that is held, say, stays in its section, but maybe not in its place.
 * @param {HTMLElement} row
 * @param {HTMLElement} fresh
 */
const isInPlace = (row, fresh) => sectionOf(row) === belongsIn(fresh) && (sectionOf(row) !== "own" || nextOf(fresh, "own") === row);

let progressed = false; // since the last change a call was answered, has ended or is gone

/** @param {HTMLElement | null} row */
const isAnswered = row => row?.dataset.state === "talking" || row?.dataset.state === "held";

/**
 * putRow inserts or changes one row.
 * @param {HTMLElement} fresh
 * @param {HTMLElement | null} inUse
 */
function putRow(fresh, inUse) {
	const row = rowOf(fresh.id), section = belongsIn(fresh);
	progressed ||= isAnswered(fresh) !== isAnswered(row) || fresh.dataset.state === "ended" && row?.dataset.state !== "ended";
	leaving.delete(fresh.id);
	if (!row) return place(fresh, section);
	const focused = row.contains(document.activeElement) ? document.activeElement?.className : undefined;
	const stays = isInPlace(row, fresh);
	// A row that ends becomes low: its new parts are not those that moved.
	if (fresh.dataset.state === "ended" && row.dataset.state !== "ended") row.replaceChildren();
	morph(row, fresh);
	if (focused !== undefined && document.activeElement === document.body) { // a link became a button, or the row ended
		/** @type {HTMLElement} */ (focused && row.getElementsByClassName(focused)[0] || row).focus();
	}
	if (stays) displaced.delete(row.id);
	else if (row === inUse) displaced.set(row.id, section);
	else place(row, section);
}

/**
 * dropRow removes a row. That of an ended call stays if the pointer is on it or below:
 * another row would come under the pointer, or there would be a hole above it.
 * @param {string} id
 * @param {HTMLElement | null} pointed the row under the pointer
 */
function dropRow(id, pointed) {
	const row = rowOf(id);
	const isAbove = row && pointed && (row === pointed || row.compareDocumentPosition(pointed) & Node.DOCUMENT_POSITION_FOLLOWING);
	if (isAbove && row.dataset.state === "ended") return void leaving.add(id);
	row?.remove();
	leaving.delete(id);
	displaced.delete(id);
}

/**
 * updateSections hides what is empty, makes the rows compact if they are many, and
 * shows what depends on how many there are.
 * @param {HTMLElement | null} inUse
 */
function updateSections(inUse) {
	let count = 0;
	for (const list of rowLists()) {
		count += list.childElementCount;
		list.parentElement?.toggleAttribute("hidden", !list.childElementCount); // unlike hidden, it is no change if nothing changes
	}
	const live = get("#live");
	const wanted = isCardOpen() && !roomy.matches ? "compact" : get("#preferences").dataset.density;
	// It takes some calls less to make them comfortable again, or one call would do it to and fro.
	const many = Number(live.dataset.many) - (live.hasAttribute("data-compact") ? 3 : 0);
	if (!inUse || wanted) live.toggleAttribute("data-compact", wanted ? wanted === "compact" : count >= many);
	live.toggleAttribute("data-roomy", wanted === "comfortable"); // on a telephone, the others are compact
	get("#empty").toggleAttribute("hidden", count > 0);
	get("#several").toggleAttribute("hidden", !hasSeveral());
}

// hasSeveral reports whether at least two calls can be hung up. It looks no further than
// the second one: a collection of all buttons would look at everything on the board.
function hasSeveral() {
	let count = 0;
	for (const row of boardRows()) {
		const button = row.getElementsByClassName("hangup")[0];
		if (button instanceof HTMLButtonElement && !button.disabled && ++count === 2) return true;
	}
	return false;
}

/**
 * firstVisible returns the first row in the window that stays where it is, if the
 * page is scrolled.
 * @param {(row: HTMLElement) => boolean} stays
 */
function firstVisible(stays) {
	if (scrollY === 0) return null;
	for (const list of rowLists()) {
		for (const [row, {top}] of rowsNear(list, 0)) if (top >= 0 && stays(row)) return row;
	}
	return null;
}

/**
 * inPlace returns the elements that change with these rows, or undefined if a row
 * is new or moves.
 * @param {HTMLElement[]} rows
 */
function inPlace(rows) {
	const elements = [get("#several")];
	for (const fresh of rows) {
		const row = rowOf(fresh.id);
		if (!row || !isInPlace(row, fresh) && displaced.get(fresh.id) !== belongsIn(fresh)) return;
		elements.push(row);
	}
	return elements;
}

/**
 * changeRows inserts or changes rows, whose elements it is given, and removes
 * others.
 * @param {HTMLElement[]} rows
 * @param {string[]} gone ids of elements
 */
export function changeRows(rows, gone) {
	const pointed = rowUnderPointer(), inUse = pointed ?? rowWithFocus();
	const changing = new Set([...gone, ...rows.map(row => row.id)]);
	const change = () => {
		for (const id of gone) dropRow(id, pointed);
		for (const row of rows) putRow(row, inUse);
		updateSections(inUse);
		updateTimeLabels(serverNow(), rows.flatMap(row => rowOf(row.id) ?? [])); // hides chips whose time is over
	};
	progressed = gone.length > 0;
	slide(change, inUse ?? firstVisible(row => !changing.has(row.id)), gone.length ? undefined : inPlace(rows));
	if (progressed) document.dispatchEvent(new Event("calls:progressed"));
}

/**
 * showBoard makes the board that of a message, row by row.
 * @param {string} html
 */
export function showBoard(html) {
	const rows = findAll(".row", elementOf(html)), ids = new Set(rows.map(row => row.id));
	changeRows(rows, boardRows().map(row => row.id).filter(id => !ids.has(id)));
}

// release puts rows where they belong that are not in use any more.
function release() {
	const pointed = rowUnderPointer(), inUse = pointed ?? rowWithFocus();
	const rows = [...displaced].filter(([id]) => id !== inUse?.id);
	if (!rows.length && !leaving.size && (inUse || !isPadded())) return;
	slide(() => {
		for (const id of [...leaving]) dropRow(id, pointed);
		for (const [id, section] of rows) {
			const row = rowOf(id);
			if (row) place(row, section);
			displaced.delete(id);
		}
		updateSections(inUse);
	}, inUse ?? firstVisible(row => !displaced.has(row.id)));
	document.dispatchEvent(new Event("feed:applied"));
}

/** startBoardRows releases rows when the pointer or the focus leaves them. */
export function startBoardRows() {
	if (!find("#live")) return;
	document.documentElement.style.overflowAnchor = "none"; // slide does it
	startClocks(serverNow);
	startSliding();
	for (const type of ["card:toggled", "preference:changed"]) document.addEventListener(type, () => updateSections(null));
	document.addEventListener("pointerover", e => {
		const button = closest(e.target, "#live[data-compact] .act, .top :is(.btn, .quiet, .menu > a, summary)");
		if (button) button.title ||= button.textContent?.trim() ?? ""; // its words may not be in the window
	});
	for (const type of ["pointerout", "focusout"]) {
		document.addEventListener(type, () => { if (displaced.size || leaving.size || isPadded()) setTimeout(release, 150); });
	}
}
