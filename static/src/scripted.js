// @ts-check
// The parts of dialogs that work with script only.

import {find, findAll} from "./dom.js";

/**
 * showScripted shows the parts of a dialog's content that work with script only.
 * @param {Element} content
 */
export function showScripted(content) {
	for (const e of findAll("[data-scripted]", content)) e.hidden = false;
	for (const e of findAll("[data-close]", content)) e.hidden = !content.closest("dialog");
	const player = find(".player[data-script]", content);
	if (player && !("players" in document.documentElement.dataset)) import(player.dataset.script ?? "");
}
