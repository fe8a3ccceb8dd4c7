// @ts-check
// Audio players. One plays at a time.

import {findAll} from "./dom.js";

/**
 * pauseOthers pauses all players but the target of an event.
 * @param {Event} e
 */
export function pauseOthers(e) {
	for (const other of /** @type {HTMLAudioElement[]} */ (findAll("audio"))) if (other !== e.target) other.pause();
}
