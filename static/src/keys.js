// @ts-check
// What a key press means to the shortcuts. No DOM.

/**
 * shortcutOf returns the key of an event as the shortcuts name it: a letter is
 * lower case without the shift key and upper case with it, whatever Caps Lock
 * does to it. On a keyboard of another alphabet the letter is the one that the
 * key has on a Latin keyboard.
 * @param {{key: string, code?: string, shiftKey: boolean}} event
 */
export function shortcutOf({key, code = "", shiftKey}) {
	const letter = /^[a-z]$/i.test(key) ? key : /^\p{L}$/u.test(key) ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
	if (!letter) return key;
	return shiftKey ? letter.toUpperCase() : letter.toLowerCase();
}
