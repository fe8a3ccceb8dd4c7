// @ts-check
// When the board does not ring. No DOM.

/**
 * isQuiet reports whether a moment is within quiet hours.
 * @param {string | undefined} hours "from to days": minutes of the day, and bits of
 *   the days on which they begin, Monday first; empty if there are none
 * @param {Date} at
 */
export function isQuiet(hours, at) {
	if (!hours) return false;
	const [from = 0, to = 0, days = 0] = hours.split(" ").map(Number);
	const minute = at.getHours() * 60 + at.getMinutes(), today = (at.getDay() + 6) % 7;
	/** @param {number} day */
	const begins = day => Boolean(days & 1 << (day + 7) % 7);
	if (from < to) return begins(today) && minute >= from && minute < to;
	return begins(today) && minute >= from || begins(today - 1) && minute < to;
}
