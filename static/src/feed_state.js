// @ts-check
// How current the list of calls is. No DOM.

/**
 * feedState returns the state of the connection as the badge shows it, and the
 * problem that turns actions off, "" without one. They are off at once when a
 * connection is lost; a page that is just being connected gets 5 s.
 * @param {object} feed
 * @param {boolean} feed.connected
 * @param {boolean} feed.before whether the page was ever connected
 * @param {boolean} feed.replaced whether the server ended the feed for those of newer tabs
 * @param {boolean} feed.polling whether the page asks, because no socket reaches it
 * @param {number} feed.lostFor ms since the connection was lost
 * @param {boolean} feed.online whether the browser has a network
 * @param {boolean} feed.listed whether the server has ever got a list of calls
 * @param {number} feed.age age of that list in seconds
 * @returns {{state: "live" | "polling" | "catching" | "connecting" | "offline" | "paused", problem: "" | "away" | "cut" | "tabs" | "stale"}}
 */
export function feedState({connected, before, replaced, polling, lostFor, online, listed, age}) {
	const old = age >= 15 ? "stale" : "";
	if (connected) return {state: age >= 5 || !listed ? "catching" : polling ? "polling" : "live", problem: old};
	if (!online) return {state: "offline", problem: "away"};
	if (replaced) return {state: "paused", problem: "tabs"};
	return {state: lostFor > 10_000 ? "offline" : "connecting", problem: before || lostFor > 5000 ? "cut" : old};
}

const old = 5000; // ms after which a list is old; the server says so at once
const unheard = 10_000; // ms after which it would have told of a newer list

/** isFresh reports whether a list is not old at the moment when the server tells its age. */
export const isFresh = (/** @type {number} */ listedAt, /** @type {number} */ now) => listedAt > 0 && now - listedAt < old;

/**
 * listAge returns the age of a list in whole seconds. A list that was fresh is
 * read again all the time, which the server does not tell: its age is 0 until the
 * server says otherwise, or is silent.
 * @param {number} listedAt ms since 1970; 0 if there was no list yet
 * @param {number} now ms since 1970
 * @param {boolean} fresh whether it was fresh when the server told of it
 */
export function listAge(listedAt, now, fresh) {
	if (!listedAt || fresh && now - listedAt < unheard) return 0;
	return Math.max(0, Math.floor((now - listedAt) / 1000));
}

/** shownAge returns the age of a list that is worth showing, in seconds; 0 for none. */
export const shownAge = (/** @type {number} */ age) => age > 5 ? age : 0;

/**
 * wallboardProblem returns why a wallboard's list is out of date, "" if it is not.
 * @param {object} feed
 * @param {boolean} feed.connected
 * @param {number} feed.lostFor ms since the connection was lost
 * @param {boolean} feed.listed whether the server has ever got a list of calls
 * @param {number} feed.age age of that list in seconds
 * @returns {"" | "cut" | "never" | "stale"}
 */
export function wallboardProblem({connected, lostFor, listed, age}) {
	if (!connected && lostFor > 4000) return "cut";
	if (!listed) return "never";
	return age >= 15 ? "stale" : "";
}
