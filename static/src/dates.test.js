// @ts-check
import assert from "node:assert/strict";
import {test} from "node:test";

import {dateText} from "./dates.js";

const words = {
	en: {today: "Today", yesterday: "Yesterday", now: "just now", ago: "{n} min ago"},
	de: {today: "Heute", yesterday: "Gestern", now: "gerade eben", ago: "vor {n} min"},
};
const now = Date.parse("2026-11-29T13:40:00Z");

// TestDatesAreRelativeToToday in views has the same table.
test("dates are relative to today, in the team's zone", () => {
	for (const [at, form, en, de] of [
		["2026-11-29T13:32:10Z", "moment", "Today 14:32", "Heute 14:32"],
		["2026-11-28T23:00:00Z", "moment", "Today 00:00", "Heute 00:00"],
		["2026-11-28T22:59:59Z", "moment", "Yesterday 23:59", "Gestern 23:59"],
		["2026-11-27T13:32:00Z", "moment", "Fri 27 Nov 14:32", "Fr 27.11. 14:32"],
		["2026-03-07T08:05:04Z", "moment", "Sat 7 Mar 09:05", "Sa 07.03. 09:05"],
		["2025-11-27T13:32:00Z", "moment", "27 Nov 2025 14:32", "27.11.2025 14:32"],
		["2026-11-30T08:00:00Z", "moment", "Mon 30 Nov 09:00", "Mo 30.11. 09:00"],
		["2026-11-29T13:39:30Z", "ago", "just now", "gerade eben"],
		["2026-11-29T13:40:30Z", "ago", "just now", "gerade eben"],
		["2026-11-29T13:35:00Z", "ago", "5 min ago", "vor 5 min"],
		["2026-11-29T12:40:01Z", "ago", "59 min ago", "vor 59 min"],
		["2026-11-29T12:40:00Z", "ago", "Today 13:40", "Heute 13:40"],
		["2026-11-29T15:00:00Z", "ago", "Today 16:00", "Heute 16:00"],
		["2026-11-28T08:05:00Z", "ago", "Yesterday 09:05", "Gestern 09:05"],
		["2026-11-29T08:05:00Z", "day", "Today", "Heute"],
		["2026-11-28T08:05:00Z", "day", "Yesterday", "Gestern"],
		["2026-11-27T08:05:00Z", "day", "Friday, 27 November", "Freitag, 27. November"],
		["2025-12-31T08:05:00Z", "day", "Wednesday, 31 December 2025", "Mittwoch, 31. Dezember 2025"],
	]) {
		assert.equal(dateText(form, Date.parse(at), now, "en", "Europe/Berlin", words.en).text, en, at);
		assert.equal(dateText(form, Date.parse(at), now, "de", "Europe/Berlin", words.de).text, de, at);
	}
});

test("a zone that the browser does not know is refused", () => {
	assert.throws(() => dateText("moment", now, now, "en", "Mars/Olympus", words.en), RangeError);
});
