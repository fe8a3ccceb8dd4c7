import assert from "node:assert/strict";
import {test} from "node:test";

import {findCommands, placeOfCommands} from "./commands.js";

const names = ["Board", "History", "Settings", "Settings: theme, language, density", "Ansagen überall", "New call", "Settings", ""];

test("pages and commands are found by the beginnings of their words, each once", () => {
	for (const [text, want] of [
		["sett", [2, 3]], ["SETT", [2, 3]], ["theme", [3]], ["call new", [5]], ["uberall", [4]], ["überall", [4]], ["ueberall", [4]],
		["oard", []], ["", []], ["  ", []], ["!?", []], ["history x", []],
	]) {
		assert.deepEqual(findCommands(names, text), want, text);
	}
});

test("a command stands first only if it is called exactly so", () => {
	for (const [found, text, want] of [
		[["Settings"], "settings", "first"], [["Settings", "Settings: theme"], " Settings ", "first"], [["Team", "Teams"], "tea", "history"], [["New call"], "call", "history"],
	]) {
		assert.equal(placeOfCommands(found, text), want, text);
	}
});
