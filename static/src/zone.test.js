import assert from "node:assert/strict";
import test from "node:test";

import {sameClock} from "./zone.js";

test("zones are the same if their clocks are, all year round", () => {
	const before = process.env.TZ;
	try {
		for (const [browser, zone, want] of [
			["Europe/Berlin", "Europe/Berlin", true], ["Europe/Berlin", "Europe/Vienna", true], ["UTC", "Europe/Berlin", false],
			["Europe/London", "UTC", false], ["UTC", "Etc/UTC", true], ["Africa/Lagos", "Europe/Berlin", false],
			["Asia/Kolkata", "Asia/Karachi", false], ["Europe/Berlin", "", false], ["Europe/Berlin", "Mars/Olympus", false],
		]) {
			process.env.TZ = browser;
			for (const day of ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z", "2026-10-25T00:30:00Z"]) {
				assert.equal(sameClock(zone, Date.parse(day)), want, `${zone} for a browser in ${browser} on ${day}`);
			}
		}
	} finally {
		process.env.TZ = before ?? "";
		if (before === undefined) delete process.env.TZ;
	}
});
