// @ts-check
// Folding of letters, as package directory does it in Go: both read the table of
// cases in sipgate/directory/testdata/fold.json. No DOM.

/**
 * Letters that have no mark to take away, and how people type them.
 * @type {Record<string, string>}
 */
const plain = {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"};

// By single characters: of a whole word, JavaScript would end with another sigma
// than Go does.
/** @param {string} text */
const lower = text => Array.from(text, c => c.toLowerCase()).join("");

/**
 * fold returns text without case, marks and umlauts, so that all spellings of a
 * name are equal: "Müller", "Mueller" and "muller" alike.
 * @param {string} text
 */
export function fold(text) {
	const letters = Array.from(lower(text), c => plain[c] ?? c).join("");
	return lower(letters.normalize("NFKD").replace(/\p{Mn}/gu, "").replace(/([aou])e/g, "$1"));
}

/**
 * words returns the words of text, folded.
 * @param {string} text
 */
export const words = text => fold(text).split(/[^\p{L}\p{Nd}]+/u).filter(Boolean);
