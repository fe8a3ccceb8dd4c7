// @ts-check
// Whether a text matches what is typed into a filter. No DOM.

import {words} from "./fold.js";

/**
 * @typedef {object} Query
 * @property {string[]} words folded
 * @property {string} digits of a phone number, without leading zeros; "" if the query is not a phone number
 */

/**
 * parseQuery reads what is typed into the filter of calls.
 * @param {string} typed
 * @returns {Query}
 */
export function parseQuery(typed) {
	const isNumber = /^[\d\s+()/.-]+$/.test(typed);
	return {words: words(typed), digits: isNumber ? typed.replace(/\D/g, "").replace(/^0+/, "") : ""};
}

/**
 * matches reports whether text has the digits of query, or words that begin with
 * each of its words.
 * @param {string} text
 * @param {Query} query
 */
export function matches(text, query) {
	if (query.digits && text.replace(/[^\d]/g, "").includes(query.digits)) return true;
	const has = words(text);
	return query.words.every(word => has.some(w => w.startsWith(word)));
}

/**
 * hasWords reports whether name contains every word that is typed, as it is but
 * for the case.
 * @param {string} name
 * @param {string} typed
 */
export function hasWords(name, typed) {
	const text = name.toLowerCase();
	return typed.toLowerCase().split(" ").every(word => text.includes(word));
}
