// @ts-check
// Time zones. No DOM.

const hour = 3_600_000, month = 30 * 24 * hour;

/**
 * clockAt returns what a clock shows at a moment, in the browser's own zone
 * without a zone. It throws a RangeError for a zone that the browser does not
 * know.
 * @param {number} ms since 1970
 * @param {string} [zone]
 */
const clockAt = (ms, zone) =>
	new Intl.DateTimeFormat("en", {timeZone: zone, dateStyle: "short", timeStyle: "medium", hourCycle: "h23"}).format(ms);

/**
 * sameClock reports whether clocks in a zone show the same as the browser's, now
 * and for half a year before and after: Vienna and Berlin are one.
 * @param {string} zone a name of the time zone database
 * @param {number} now ms since 1970
 */
export function sameClock(zone, now) {
	try {
		for (let months = -6; months <= 6; months++) {
			if (clockAt(now + months * month, zone) !== clockAt(now + months * month)) return false;
		}
		return true;
	} catch {
		return false;
	}
}
