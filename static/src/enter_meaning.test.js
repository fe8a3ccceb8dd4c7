import assert from "node:assert/strict";
import {test} from "node:test";

import {enterMeaning} from "./enter_meaning.js";

test("Enter does what the list shows, and never what nobody has seen", () => {
	for (const [situation, want] of [
		[{current: true, active: true, options: 3, unseen: false}, "execute"],
		[{current: true, active: true, options: 1, unseen: false}, "execute"],
		[{current: true, active: false, options: 0, unseen: false}, "text"],
		[{current: true, active: false, options: 5, unseen: false}, "text"], // a complete number, or nothing typed
		[{current: false, active: true, options: 5, unseen: false}, "wait"], // the list is about an older text
		[{current: false, active: false, options: 0, unseen: false}, "wait"],
		[{current: true, active: true, options: 1, unseen: true}, "execute"], // typed fast, and only one is meant
		[{current: true, active: true, options: 2, unseen: true}, ""],
		[{current: true, active: false, options: 0, unseen: true}, "text"],
		[{current: false, active: false, options: 0, unseen: true}, ""],
	]) {
		assert.equal(enterMeaning(situation), want, JSON.stringify(situation));
	}
});
