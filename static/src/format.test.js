import assert from "node:assert/strict";
import test from "node:test";

import {countText, duration, minutes, timeOfDay} from "./format.js";

test("a duration has hours only from one hour on, and is never negative", () => {
	for (const [ms, want] of [[-5000, "0:00"], [0, "0:00"], [999, "0:00"], [61_000, "1:01"], [3_599_999, "59:59"], [3_600_000, "1:00:00"], [36_061_000, "10:01:01"]]) {
		assert.equal(duration(ms), want);
	}
});

test("minutes go on beyond an hour", () => {
	for (const [s, want] of [[0, "0:00"], [9.9, "0:09"], [75, "1:15"], [3700, "61:40"]]) assert.equal(minutes(s), want);
});

test("the time of day is that of the offset, whatever the zone of this machine", () => {
	const at = Date.UTC(2026, 10, 23, 23, 5);
	assert.equal(timeOfDay(at, 0), "23:05");
	assert.equal(timeOfDay(at, 3600), "00:05");
	assert.equal(timeOfDay(at, -12_600), "19:35");
});

test("the number of hidden calls has a sentence for none, one and more", () => {
	const texts = {none: "none is hidden", one: "one is hidden", more: "{n} are hidden"};
	assert.equal(countText(0, texts), "none is hidden");
	assert.equal(countText(1, texts), "one is hidden");
	assert.equal(countText(2, texts), "2 are hidden");
	assert.equal(countText(0, {one: "1", more: "{n}"}), "");
});
