// @ts-check
// Folding of letters, as package sipgate does it in Go: both read the table of
// cases in sipgate/testdata/fold.json. No DOM.

/**
 * Letters that have no mark to take away, and how people type them.
 * @type {Record<string, string>}
 */
const plain = {
	"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ς": "σ",
	"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "–": "-",
};

// By single characters: of a whole word, JavaScript would end with another sigma
// than Go does.
/** @param {string} text */
const lower = text => Array.from(text, c => c.toLowerCase()).join("");

/**
 * letters returns text without case, marks and invisible characters.
 * @param {string} text
 */
const letters = text =>
	lower(Array.from(lower(text), c => plain[c] ?? c).join("").normalize("NFKD").replace(/[\p{Mn}\p{Cf}]/gu, ""));

/**
 * fold returns text without case, marks, umlauts and invisible characters, so
 * that all spellings of a name are equal: "Müller", "Mueller" and "muller" alike.
 * @param {string} text
 */
export const fold = text => letters(text).replace(/([aou])e/g, "$1");

/**
 * containsFolded reports whether typed occurs in text in any spelling. Within a
 * word, "ell" also occurs in "Mueller", of which the e is part of an umlaut.
 * @param {string} text
 * @param {string} typed
 */
export const containsFolded = (text, typed) => fold(text).includes(fold(typed)) || letters(text).includes(letters(typed));

/**
 * words returns the words of text, folded.
 * @param {string} text
 */
export const words = text => fold(text).split(/[^\p{L}\p{Nd}]+/u).filter(Boolean);
