import assert from "node:assert/strict";
import {test} from "node:test";

import {slideOffset} from "./slide_offset.js";

test("a row begins to slide where it was, whatever its section does, and only if it is seen", () => {
	for (const [what, from, top, carried, want, height = 72] of [
		["it goes down", 300, 372, 0, -72],
		["it goes up with its section", 372, 300, 72, 0],
		["it goes up, its section goes down", 372, 300, -26, 98],
		["it stays, its section goes up", 300, 300, 72, -72],
		["it is new", undefined, 300, -72, 0],
		["it has hardly moved", 300.2, 300, 0, 0],
		["from below the window into it", 900, 700, 0, 200],
		["from the window to below it", 700, 900, 0, -200],
		["below the window", 900, 828, 0, 0],
		["far above it", -400, -328, 0, 0],
		["a section of which the end is in it", -400, -328, 0, -72, 900],
		// Its section goes down, and begins further up: it would carry the row into the window.
		["below the window, its section begins in it", 813, 803, -62, 72],
		["below the window, where it stays while its section moves", 782, 782, -26, 26],
	]) {
		assert.equal(slideOffset(from, top, height, carried, 757), want, what);
	}
});
