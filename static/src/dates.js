// @ts-check
// How people read when something was, as views/dates.go writes it. No DOM.

/**
 * @typedef {object} Words
 * @property {string} today
 * @property {string} yesterday
 * @property {string} now
 * @property {string} ago with {n}
 */

/** @type {Record<string, Intl.DateTimeFormat>} */
const formats = {};

/**
 * calendar returns what a calendar and a clock show at a moment in a zone. It
 * throws a RangeError for a zone that the browser does not know.
 * @param {number} ms since 1970
 * @param {string} zone
 */
function calendar(ms, zone) {
	formats[zone] ??= new Intl.DateTimeFormat("en", {timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit"});
	const {year, month, day, hour, minute} = Object.fromEntries(formats[zone].formatToParts(ms).map(p => [p.type, p.value]));
	return {year, month, day, clock: `${hour}:${minute}`, number: Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000};
}

/**
 * name returns the name of a weekday or month.
 * @param {number} ms
 * @param {string} lang
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} what
 */
const name = (ms, lang, zone, what) => new Intl.DateTimeFormat(lang, {timeZone: zone, ...what}).format(ms).replace(".", "");

/**
 * dateText writes a moment as it is read at now.
 * @param {string} form "moment", "ago" or "day"
 * @param {number} ms of the moment, since 1970
 * @param {number} now
 * @param {string} lang
 * @param {string} zone in which days are counted
 * @param {Words} words
 * @returns {{text: string, named: boolean}} and whether it begins with the name of the day
 */
export function dateText(form, ms, now, lang, zone, words) {
	const age = now - ms;
	if (form === "ago" && Math.abs(age) < 60_000) return {text: words.now, named: false};
	if (form === "ago" && age >= 0 && age < 3_600_000) return {text: words.ago.replace("{n}", String(Math.floor(age / 60_000))), named: false};
	const today = calendar(now, zone), at = calendar(ms, zone), german = lang === "de";
	const named = [words.today, words.yesterday][today.number - at.number];
	const clock = form === "day" ? "" : " " + at.clock;
	if (named) return {text: named + clock, named: true};
	const other = at.year !== today.year, day = String(Number(at.day));
	if (form === "day") {
		const long = name(ms, lang, zone, {weekday: "long"}) + ", " + day + (german ? ". " : " ") + name(ms, lang, zone, {month: "long"});
		return {text: long + (other ? " " + at.year : ""), named: false};
	}
	if (other) return {text: (german ? `${at.day}.${at.month}.${at.year}` : `${day} ${name(ms, lang, zone, {month: "short"})} ${at.year}`) + clock, named: false};
	const date = german ? `${at.day}.${at.month}.` : `${day} ${name(ms, lang, zone, {month: "short"})}`;
	return {text: `${name(ms, lang, zone, {weekday: "short"})} ${date}${clock}`, named: false};
}
