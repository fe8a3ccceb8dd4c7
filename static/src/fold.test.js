import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import test from "node:test";

import {fold, words} from "./fold.js";

// The table that package sipgate passes as well.
const cases = JSON.parse(readFileSync(new URL("../../sipgate/testdata/fold.json", import.meta.url), "utf8"));

test("folding gives the answers of package sipgate", () => {
	assert.ok(cases.length >= 20);
	for (const c of cases) {
		assert.equal(fold(c.text), c.fold, JSON.stringify(c.text));
		assert.deepEqual(words(c.text), c.words, JSON.stringify(c.text));
	}
});
