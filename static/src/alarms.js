// @ts-check
// Calls that ring, wait or talk for too long are marked, and who holds one is
// reminded by a sound.

import {alarmLevel, remindersDue} from "./alarm_rules.js";
import {closest, find, findAll, message, setText} from "./dom.js";
import {duration} from "./format.js";
import {isLeader} from "./leader_tab.js";
import {isQuiet} from "./quiet_hours.js";
import {remind} from "./ring_sound.js";
import {boardRows} from "./row_animation.js";
import {eachTick} from "./time_labels.js";

/** @type {Map<string, {since: string, due: number}>} */
let reminded = new Map(); // held calls of the member by row, and how many reminders were due

/** startAlarms marks rows with every tick and change, before they are drawn. */
export function startAlarms() {
	if (!find("#alarms")) return;
	eachTick((now, parts) => {
		const alarms = find("#alarms")?.dataset; // the feed replaces them, and the end of the session empties the page
		if (!alarms) return;
		markRows(parts.flatMap(part => findAll("time.timer", part)), alarms, now);
		remindHolder(alarms, now);
	});
}

/** @param {HTMLElement} row */
const sinceOf = row => find("time.timer", row)?.dataset.since ?? "";

/**
 * @param {HTMLElement[]} timers of rows
 * @param {DOMStringMap} alarms limits by state, and words by level
 * @param {number} now the server's time
 */
function markRows(timers, alarms, now) {
	for (const timer of timers) {
		const row = closest(timer, "#board .row, #call .row");
		if (!row) continue;
		const level = alarmLevel(alarms[row.dataset.state ?? ""], now - Number(timer.dataset.since));
		if (level === (row.dataset.alarm ?? "")) continue;
		if (level) {
			row.dataset.alarm = level;
			row.dataset.alarmText = alarms[level];
		} else {
			delete row.dataset.alarm;
			delete row.dataset.alarmText;
		}
	}
}

/**
 * remindHolder reminds once of all calls that the member holds of which it is
 * time. What was due before the page was open is not made up for.
 * @param {DOMStringMap} alarms
 * @param {number} now
 */
function remindHolder(alarms, now) {
	const {volume, quiet} = find("#preferences")?.dataset ?? {};
	/** @type {typeof reminded} */
	const held = new Map();
	const member = message("member"), isHeldByMember = (/** @type {HTMLElement} */ row) => row.getAttribute("data-state") === "held" && row.dataset.owners?.split(" ").includes(member);
	const due = boardRows().filter(row => {
		if (!isHeldByMember(row)) return false;
		const since = sinceOf(row), reminders = remindersDue(alarms.held, now - Number(since)), before = reminded.get(row.id);
		held.set(row.id, {since, due: reminders});
		return before?.since === since && reminders > before.due;
	});
	reminded = held;
	const [longest] = due;
	if (!longest) return;
	const who = find(".who h3", longest)?.textContent?.trim() ?? "";
	setText(find("#announcer"), (alarms.reminder ?? "").replace("{who}", who).replace("{n}", duration(now - Number(sinceOf(longest)))));
	if (isLeader() && !isQuiet(quiet, new Date())) remind(Number(volume));
}
