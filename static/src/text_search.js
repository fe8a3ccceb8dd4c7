// @ts-check
// Whether a text matches what is typed into a filter. No DOM.

import {containsFolded, words} from "./fold.js";

/**
 * @typedef {object} Query
 * @property {string[]} words folded
 * @property {string} digits of a phone number, without leading zeros; "" if the query is not a phone number
 */

/**
 * cleanNumber returns a pasted number as it looks: without characters that cannot
 * be seen, with plain characters for those that only look like separators. The
 * server does the same (sipgate.CleanNumber).
 * @param {string} typed
 */
export const cleanNumber = typed => typed
	.replace(/(?![\u202d\u202e])[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu, "")
	.replace(/[\p{White_Space}\u2800]/gu, " ")
	.replace(/[\p{Dash}\u02d7\u2043\u2500\u2796\u30fc\uff70]/gu, "-")
	.replace(/[\u00b7\u2022\u2024\u2027\u2219\u22c5\u30fb\uff0e]/g, ".")
	.replace(/[\u2044\u2215\uff0f]/g, "/")
	.replace(/[\uff08\u207d]/g, "(")
	.replace(/[\uff09\u207e]/g, ")")
	.trim();

/**
 * parseQuery reads what is typed into the filter of calls.
 * @param {string} typed
 * @returns {Query}
 */
export function parseQuery(typed) {
	const text = cleanNumber(typed), isNumber = /^[\d\s+()/.-]+$/.test(text);
	const digits = text.replace(/^((?:\+|00)[^(]*\d[^(]*)\(0\)/, "$1").replace(/\D/g, "").replace(/^0+/, "");
	return {words: words(typed), digits: isNumber ? digits : ""};
}

/**
 * matches reports whether text has the digits of query, or words that begin with
 * each of its words.
 * @param {string} text
 * @param {Query} query
 */
export function matches(text, query) {
	if (query.digits && text.replace(/[^\d]/g, "").includes(query.digits)) return true;
	return hasPrefixes(text, query.words);
}

/**
 * hasPrefixes reports whether text has words that begin with each of the folded
 * words.
 * @param {string} text
 * @param {string[]} typed
 */
export function hasPrefixes(text, typed) {
	const has = words(text);
	return typed.every(word => has.some(w => w.startsWith(word)));
}

/**
 * hasWords reports whether name contains every word that is typed, in any
 * spelling.
 * @param {string} name
 * @param {string} typed
 */
export const hasWords = (name, typed) => typed.split(/\s+/).every(word => containsFolded(name, word));
