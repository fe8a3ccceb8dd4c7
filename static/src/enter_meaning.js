// @ts-check
// What Enter means in a field with a list of results. No DOM.

/**
 * @typedef {object} Situation
 * @property {boolean} current the list is about the text in the field
 * @property {boolean} active one of its options is marked
 * @property {number} options how many can be chosen
 * @property {boolean} unseen Enter was pressed before the list was shown
 */

/**
 * enterMeaning returns what Enter does: "execute" the marked option, take the "text"
 * as it is, "wait" for the list, or nothing. What nobody has seen is executed only if
 * there is no choice: a list may begin with somebody else than was meant.
 * @param {Situation} situation
 * @returns {"execute" | "text" | "wait" | ""}
 */
export function enterMeaning({current, active, options, unseen}) {
	if (!current) return unseen ? "" : "wait";
	if (!active) return "text";
	return unseen && options > 1 ? "" : "execute";
}
