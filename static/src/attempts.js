// @ts-check
// Actions on calls as notices name them, and whether the row shows that one worked.

import {find, findAll} from "./dom.js";

/**
 * @typedef {object} Attempt an action on a call
 * @property {string} key the same for a repeated attempt
 * @property {string} row id of the call's row
 * @property {string} verb
 * @property {string} wanted state that a button is to get: "true" or "false", or ""
 * @property {string} name such as "Hold of Sabine Vogt"
 */

/**
 * attemptOf returns the attempt that a request makes, or null if it is about no
 * call.
 * @param {string} address
 * @param {Element} source what was pressed
 * @param {string} wanted
 * @returns {Attempt | null}
 */
export function attemptOf(address, source, wanted = "") {
	const [, call, verb] = /\/calls\/([^/?#]+)\/([a-z-]+)$/.exec(address) ?? [];
	const row = `row-${call}`, place = source.closest(".row, .dialog") ?? document.getElementById(row);
	const who = find(".who h2, .who h3, .with", place ?? document)?.textContent?.trim();
	const text = find("#attempts")?.getAttribute(`data-${verb === "hold" && wanted === "false" ? "resume" : verb}`);
	return call && verb && who && text ? {key: `${row} ${verb}`, row, verb, wanted, name: text.replace("{n}", who)} : null;
}

/** @type {Record<string, string>} */
const shownBy = { // selectors of what a row has when an action worked
	transfer: '.consult, .chip[data-tone=good][data-icon=transfer]', dtmf: ".chip[data-tone=good][data-icon=keypad]",
	announcements: ".chip[data-tone=play]", hangup: ".chip[data-tone=pending-hangup]",
};

/** @type {Record<string, string>} */
const buttons = {hold: "hold", muted: "mute", recording: "record"};

/**
 * result returns what the row shows of an attempt whose outcome was not known:
 * "good" if it worked, "gone" if the call is over, "" if it shows nothing yet.
 * @param {Attempt} attempt
 */
export function result({row: id, verb, wanted}) {
	const row = document.getElementById(id);
	if (!row || row.dataset.state === "ended") return verb === "hangup" ? "good" : "gone";
	if (findAll(".chip:is([data-tone=busy], [data-tone=doubt])", row).some(chip => !chip.hidden)) return "";
	const button = buttons[verb] && find(".act." + buttons[verb], row);
	if (button) return !button.ariaBusy && (button.ariaPressed ?? "false") === wanted ? "good" : "";
	return shownBy[verb] && find(shownBy[verb], row) ? "good" : "";
}
