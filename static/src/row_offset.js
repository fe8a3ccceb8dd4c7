// @ts-check
// From where a row slides. No DOM.

/**
 * rowOffset returns by how much a row is shifted when it begins to slide, 0 if it
 * is not seen on its way. A row that is not shifted itself is carried by its
 * section, maybe into the window, although neither end of its way is there.
 * @param {number | undefined} from where it was in the window; undefined if it is new
 * @param {number} top where it belongs
 * @param {number} carried by how much its section is shifted
 * @param {number} height of the window
 */
export function rowOffset(from, top, carried, height) {
	const by = (from ?? top + carried) - top - carried;
	const way = [from ?? top, top, top + carried];
	return Math.abs(by) >= .5 && Math.min(...way) < height && Math.max(...way) > -200 ? by : 0;
}
