// @ts-check
// Which fields of a form differ from what the server sent. No DOM: it reads
// properties only.

/**
 * @typedef {object} Field what a field of a form has of these
 * @property {string} [type]
 * @property {string} [value]
 * @property {string} [defaultValue]
 * @property {boolean} [checked]
 * @property {boolean} [defaultChecked]
 * @property {Iterable<{selected: boolean, defaultSelected: boolean}>} [options]
 */

/**
 * isChanged reports whether the member changed a field.
 * @param {Field} field
 */
export function isChanged(field) {
	if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
	if (field.options) return [...field.options].some(o => o.selected !== o.defaultSelected && o.defaultSelected);
	return field.value !== field.defaultValue;
}
