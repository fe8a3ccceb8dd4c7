import assert from "node:assert/strict";
import test from "node:test";

import {shortcutOf} from "./keys.js";

test("Caps Lock changes no shortcut, and Shift+X stays what it is", () => {
	for (const [event, want] of [
		[{key: "j", shiftKey: false}, "j"], [{key: "J", shiftKey: false}, "j"],
		[{key: "X", shiftKey: true}, "X"], [{key: "x", shiftKey: true}, "X"], [{key: "X", shiftKey: false}, "x"],
		[{key: "Z", shiftKey: false}, "z"], [{key: "A", shiftKey: true}, "A"],
		[{key: "?", shiftKey: true}, "?"], [{key: "/", shiftKey: false}, "/"], [{key: "1", code: "KeyA", shiftKey: false}, "1"],
		[{key: "Escape", code: "Escape", shiftKey: false}, "Escape"], [{key: "Enter", shiftKey: true}, "Enter"], [{key: "Dead", code: "KeyE", shiftKey: false}, "Dead"],
	]) assert.equal(shortcutOf(event), want, JSON.stringify(event));
});

test("keys of another alphabet are those of the same place", () => {
	for (const [event, want] of [
		[{key: "о", code: "KeyJ", shiftKey: false}, "j"], [{key: "О", code: "KeyJ", shiftKey: false}, "j"], [{key: "Ч", code: "KeyX", shiftKey: true}, "X"],
		[{key: "ä", code: "Quote", shiftKey: false}, "ä"], [{key: "é", code: "Digit2", shiftKey: false}, "é"], [{key: "ж", shiftKey: false}, "ж"],
		[{key: "x", code: "KeyB", shiftKey: false}, "x"], // a letter means itself, wherever it is
	]) assert.equal(shortcutOf(event), want, JSON.stringify(event));
});
