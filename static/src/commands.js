// @ts-check
// Which pages and commands are found by what is typed. No DOM.

import {words} from "./fold.js";
import {hasPrefixes} from "./text_search.js";

/**
 * findCommands returns the indexes of the names whose words begin with what is
 * typed, each name once.
 * @param {string[]} names
 * @param {string} text
 */
export function findCommands(names, text) {
	const typed = words(text);
	if (!typed.length) return [];
	return names.flatMap((name, i) => name && names.indexOf(name) === i && hasPrefixes(name, typed) ? [i] : []);
}

/**
 * placeOfCommands returns where found commands stand: "first" if one is called
 * exactly as is typed, else before the "history", after people and calls.
 * @param {string[]} found
 * @param {string} text
 * @returns {"first" | "history"}
 */
export function placeOfCommands(found, text) {
	const typed = words(text).join(" ");
	return found.some(name => words(name).join(" ") === typed) ? "first" : "history";
}
