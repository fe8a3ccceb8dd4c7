import assert from "node:assert/strict";
import test from "node:test";

import {isQuiet} from "./quiet_hours.js";

test("quiet hours are those of the days on which they begin", () => {
	// The 23rd of November 2026 is a Monday.
	for (const [hours, day, hour, minute, want] of [
		["", 23, 3, 0, false], [undefined, 23, 3, 0, false],
		["1200 420 127", 23, 19, 59, false], ["1200 420 127", 23, 20, 0, true], ["1200 420 127", 24, 6, 59, true], ["1200 420 127", 24, 7, 0, false],
		["720 780 1", 23, 12, 0, true], ["720 780 1", 23, 11, 59, false], ["720 780 1", 23, 12, 30, true], ["720 780 1", 23, 13, 0, false], ["720 780 1", 24, 12, 30, false],
		["1320 360 16", 27, 23, 0, true], ["1320 360 16", 28, 5, 0, true], ["1320 360 16", 28, 23, 0, false], ["1320 360 16", 27, 5, 0, false],
		["1320 360 64", 23, 5, 0, true], ["1320 360 64", 22, 5, 0, false], // Sunday's night
		["480 480 1", 23, 8, 0, true], ["480 480 1", 24, 7, 59, true], ["480 480 1", 24, 8, 0, false], ["480 480 1", 23, 7, 59, false],
	]) assert.equal(isQuiet(hours, new Date(2026, 10, day, hour, minute)), want, `${hours} at ${day}, ${hour}:${minute}`);
});
