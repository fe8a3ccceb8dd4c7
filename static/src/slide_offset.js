// @ts-check
// From where a section or a row slides. No DOM.

/**
 * slideOffset returns by how much an element is shifted when it begins to slide, 0 if
 * it is not seen on its way. A row that is not shifted itself is carried by its
 * section, maybe into the window, although neither end of its way is there.
 * @param {number | undefined} from where it was in the window; undefined if it is new
 * @param {number} top where it belongs
 * @param {number} height
 * @param {number} carried by how much its section is shifted
 * @param {number} windowHeight
 */
export function slideOffset(from, top, height, carried, windowHeight) {
	const by = (from ?? top + carried) - top - carried;
	const way = [from ?? top, top, top + carried];
	return Math.abs(by) >= .5 && Math.min(...way) < windowHeight && Math.max(...way) > -height ? by : 0;
}
