// @ts-check
// When a call has been in its state for too long. No DOM.

const reminderEvery = 60_000; // ms

/**
 * steps returns from when on a call is amber, and red, in ms. A step of Infinity
 * is never reached.
 * @param {string | undefined} limits "amber red" in seconds; 0 is never
 */
function steps(limits) {
	const [amber, red] = (limits ?? "").split(" ");
	return {amber: 1000 * Number(amber) || Infinity, red: 1000 * Number(red) || Infinity};
}

/**
 * alarmLevel returns how much too long a call has been in its state.
 * @param {string | undefined} limits those of the state, undefined if it has none
 * @param {number} ms in the state
 * @returns {"" | "amber" | "red"}
 */
export function alarmLevel(limits, ms) {
	const {amber, red} = steps(limits);
	return ms >= red ? "red" : ms >= amber ? "amber" : "";
}

/**
 * remindersDue returns of how many reminders the time has come: the first is with
 * the first step, then one every minute.
 * @param {string | undefined} limits
 * @param {number} ms in the state
 */
export function remindersDue(limits, ms) {
	const {amber, red} = steps(limits), first = Math.min(amber, red);
	return ms < first ? 0 : 1 + Math.floor((ms - first) / reminderEvery);
}
