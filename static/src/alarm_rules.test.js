import assert from "node:assert/strict";
import test from "node:test";

import {alarmLevel, remindersDue} from "./alarm_rules.js";

test("a call turns amber, then red, each with the second of its limit", () => {
	for (const [limits, seconds, want] of [
		["20 40", 19.999, ""], ["20 40", 20, "amber"], ["20 40", 39.999, "amber"], ["20 40", 40, "red"], ["20 40", 9999, "red"],
		["0 0", 9999, ""], ["0 40", 39, ""], ["0 40", 40, "red"], ["20 0", 9999, "amber"], ["30 30", 30, "red"],
		[undefined, 9999, ""], ["", 9999, ""], ["20 40", -5, ""],
	]) assert.equal(alarmLevel(limits, seconds * 1000), want, `${limits} after ${seconds} s`);
});

test("who holds a call is reminded with the first limit, and once a minute from then on", () => {
	for (const [limits, seconds, want] of [
		["60 180", 59.999, 0], ["60 180", 60, 1], ["60 180", 119.999, 1], ["60 180", 120, 2], ["60 180", 180, 3], ["60 180", 3660, 61],
		["0 90", 89, 0], ["0 90", 90, 1], ["0 90", 150, 2], ["10 0", 70, 2], ["0 0", 9999, 0], [undefined, 9999, 0], ["", 9999, 0],
	]) assert.equal(remindersDue(limits, seconds * 1000), want, `${limits} after ${seconds} s`);
});
