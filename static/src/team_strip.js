// @ts-check
// The strip of the team. A click on a colleague calls them, or gives them the
// member's own call. Tiles stay where they are while the strip is in use; of a team that
// is too large for the line, a colleague who is on a call takes the place of one who is
// neither on a call nor a favourite.

import {closest, find, findAll, get, message, setText} from "./dom.js";
import {openDialog} from "./dialogs.js";
import {showNotice} from "./notices.js";
import {request} from "./request.js";

const line = 7; // tiles of a large team that are always seen
const busy = ".ringing, .calling, .talking, .held", marked = ".avatar[data-favourite]";

/**
 * openTransfer asks how to give a call to a colleague.
 * @param {HTMLAnchorElement} link to the dialog for transfers
 * @param {HTMLElement} tile
 */
export const openTransfer = (link, tile) => openDialog(`${link.getAttribute("href")}?to=${encodeURIComponent(tile.dataset.to ?? "")}`);

/**
 * ownCall returns the link to the transfer of the member's own call: the one in
 * which they talk, else one on hold.
 * @returns {HTMLAnchorElement | null}
 */
function ownCall() {
	const own = `.row[data-owners~="${CSS.escape(message("member"))}"]`;
	return find(`${own}[data-state=talking] a.act.transfer`) ?? find(`${own}[data-state=held] a.act.transfer`);
}

/** @param {MouseEvent} e */
function onClick(e) {
	/** @type {HTMLElement | null} */
	const tile = closest(e.target, "#team a");
	const link = tile && ownCall();
	if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
	e.preventDefault();
	openTransfer(link, tile);
}

const isInUse = () => find("#team")?.matches(":hover, :focus-within, :has([open])") ?? false;

/** @param {HTMLElement} tile */
const personOf = tile => find("small", tile)?.id ?? "";

/** @type {string[]} */
let order = []; // of the people in the last strip from the server that came while this one was in use

/**
 * onPart keeps the order of a strip that is in use, and which group is shown.
 * @param {CustomEvent<HTMLElement>} e with the new strip
 */
function onPart({detail: fresh}) {
	if (fresh.id !== "team") return;
	const list = find("ul", fresh), shown = findAll("#team li").map(personOf), tiles = findAll("li", fresh);
	const pressed = find("#team [data-group][aria-pressed=true]")?.dataset.group;
	for (const button of findAll("[data-group]", fresh)) button.setAttribute("aria-pressed", String(button.dataset.group === pressed));
	order = [];
	if (!list || !isInUse()) return;
	order = tiles.map(personOf);
	arrange(list, shown);
}

/**
 * arrange puts people into an order; those who are not in it come last.
 * @param {HTMLElement} list
 * @param {string[]} people
 */
function arrange(list, people) {
	const places = new Map(people.map((person, i) => [person, i]));
	const placeOf = /** @param {HTMLElement} tile */ tile => places.get(personOf(tile)) ?? people.length;
	list.append(...findAll("li", list).sort((a, b) => placeOf(a) - placeOf(b)));
}

// seat puts tiles where they belong that came while the strip was in use, and gives
// places in the line to those who are on calls.
function seat() {
	const team = find("#team"), list = team && find("ul", team);
	if (!list || isInUse()) return;
	if (order.length) arrange(list, order);
	order = [];
	if (!team.matches("[data-many]")) return;
	const tiles = findAll("li", team), seats = tiles.slice(0, line).filter(tile => !find(`${busy}, ${marked}`, tile));
	for (const tile of tiles.slice(line)) {
		const other = find(busy, tile) && seats.pop();
		if (!other) continue;
		const place = document.createTextNode("");
		tile.replaceWith(place);
		other.replaceWith(tile);
		place.replaceWith(other);
	}
	countFree(find("summary small", team), tiles.slice(line));
}

/**
 * countFree shows how many of some people are free.
 * @param {HTMLElement | null} place
 * @param {HTMLElement[]} tiles
 */
function countFree(place, tiles) {
	const text = find("#team summary small")?.dataset.free ?? "";
	setText(place, text.replace("{n}", String(tiles.filter(tile => find(".free", tile)).length)));
}

// countGroups shows in the open panel how many of each group are free.
function countGroups() {
	const buttons = findAll("#team [open] [data-group]"), tiles = buttons.length ? findAll("#team li") : [];
	for (const button of buttons) {
		const isIn = /** @param {HTMLElement} tile */ tile => tile.dataset.groups?.split("\n").includes(button.dataset.group ?? "");
		countFree(find("small", button), tiles.filter(isIn));
	}
}

// showStars gives each tile in the open panel a star that is pressed for favourites.
function showStars() {
	const panel = find("#team [open]");
	if (!panel) return findAll("#team .star").forEach(star => star.remove());
	/** @type {HTMLTemplateElement} */
	const template = get("template", panel);
	for (const tile of findAll("#team li")) {
		let star = find(".star", tile);
		if (!star) tile.append(star = /** @type {HTMLElement} */ (document.importNode(get("button", template.content), true)));
		star.setAttribute("aria-pressed", String(find(marked, tile) !== null));
		setText(find("span", star), (star.dataset.name ?? "").replace("{name}", find("b", tile)?.textContent ?? ""));
	}
}

/**
 * toggleStar marks a colleague, or removes the mark. The feed shows it on all pages of
 * the member.
 * @param {HTMLElement} star
 */
async function toggleStar(star) {
	const user = personOf(/** @type {HTMLElement} */ (star.closest("li"))).replace("is-", "");
	const value = String(star.getAttribute("aria-pressed") !== "true");
	star.setAttribute("aria-pressed", value);
	try {
		const answer = await request(`/team/${encodeURIComponent(user)}/favourite`, {method: "POST", body: new URLSearchParams({value}), headers: {Accept: "application/json"}});
		if (answer.ok) return;
		showNotice((await answer.json()).error.message);
	} catch (e) {
		showNotice(/** @type {Error} */ (e).message);
	}
	showStars();
}

/** @param {HTMLElement} button of a group; a second press shows all again */
function toggleGroup(button) {
	const on = button.getAttribute("aria-pressed") !== "true";
	for (const other of findAll("#team [data-group]")) other.setAttribute("aria-pressed", String(on && other === button));
	find("#team-search")?.dispatchEvent(new Event("input", {bubbles: true}));
}

/**
 * onToggle puts the caret into the search of the team that has been opened, and ends
 * the search when it is closed.
 * @param {Event} e
 */
function onToggle(e) {
	/** @type {HTMLInputElement | null} */
	const field = closest(e.target, "#team details") && find("#team-search");
	if (!field) return;
	showStars();
	countGroups();
	if (find("#team [open]")) return document.documentElement.hasAttribute("data-dragging") ? undefined : field.focus();
	field.value = "";
	for (const button of findAll("#team [data-group]")) button.setAttribute("aria-pressed", "false");
	field.dispatchEvent(new Event("input", {bubbles: true}));
}

/**
 * onKey leads from the search of the team to whom it found.
 * @param {KeyboardEvent} e
 */
function onKey(e) {
	if (e.key !== "ArrowDown" || !closest(e.target, "#team [open]")) return;
	e.preventDefault();
	find("#team li:not([hidden]) :is(a, .star)")?.focus();
}

/**
 * onPress handles stars and groups. The panel stays open, whose people are beside the
 * element that is open.
 * @param {MouseEvent} e
 */
function onPress(e) {
	const star = closest(e.target, "#team .star"), group = closest(e.target, "#team [data-group]");
	if (star) toggleStar(star);
	if (group) toggleGroup(group);
	if (closest(e.target, "#team:has([open]) ul") && !closest(e.target, "a")) e.stopPropagation();
}

/** startTeamStrip handles the strip of the team. */
export function startTeamStrip() {
	document.addEventListener("toggle", onToggle, true);
	document.addEventListener("click", onClick, true);
	document.addEventListener("click", onPress, true);
	document.addEventListener("keydown", onKey);
	document.addEventListener("feed:part", onPart);
	document.addEventListener("feed:applied", () => {
		seat();
		showStars();
		countGroups();
	});
	for (const type of ["pointerout", "focusout"]) document.addEventListener(type, () => { if (order.length) setTimeout(seat, 150); });
}
