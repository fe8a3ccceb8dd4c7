// @ts-check
// The strip of the team. A click on a colleague calls them, or gives them the
// member's own call. Tiles stay where they are; only of a team that is too large
// for the line, a colleague who is on a call takes the place of one who is not.

import {closest, find, findAll, message, setText} from "./dom.js";
import {openDialog} from "./dialogs.js";

const line = 7; // tiles of a large team that are always seen
const busy = ".ringing, .calling, .talking, .held";

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

// seat gives places in the line to those who are on calls, unless the strip is in use.
function seat() {
	const team = find("#team[data-many]");
	if (!team || team.matches(":hover, :focus-within, :has([open])")) return;
	const tiles = findAll("li", team), seats = tiles.slice(0, line).filter(tile => !find(busy, tile));
	for (const tile of tiles.slice(line)) {
		const other = find(busy, tile) && seats.pop();
		if (!other) continue;
		const place = document.createTextNode("");
		tile.replaceWith(place);
		other.replaceWith(tile);
		place.replaceWith(other);
	}
	const free = find("summary small", team);
	setText(free, (free?.dataset.free ?? "").replace("{n}", String(findAll(`li:nth-child(n+${line + 1}) .free`, team).length)));
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
	if (find("#team [open]")) return document.documentElement.hasAttribute("data-dragging") ? undefined : field.focus();
	field.value = "";
	field.dispatchEvent(new Event("input", {bubbles: true}));
}

/** startTeamStrip handles the strip of the team. */
export function startTeamStrip() {
	document.addEventListener("toggle", onToggle, true);
	document.addEventListener("click", onClick, true);
	document.addEventListener("feed:applied", seat);
}
