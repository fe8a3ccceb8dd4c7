import assert from "node:assert/strict";
import test from "node:test";

import {isChanged} from "./form_changes.js";

test("a field is changed if it differs from what the server sent", () => {
	const option = (selected, defaultSelected) => ({selected, defaultSelected});
	for (const [field, want] of [
		[{type: "text", value: "", defaultValue: ""}, false], [{type: "text", value: "a", defaultValue: ""}, true],
		[{type: "checkbox", value: "x", defaultValue: "y", checked: true, defaultChecked: true}, false],
		[{type: "checkbox", checked: false, defaultChecked: true}, true], [{type: "radio", checked: true, defaultChecked: false}, true],
		[{type: "select-one", value: "b", options: [option(false, true), option(true, false)]}, true],
		[{type: "select-one", value: "a", options: [option(true, false), option(false, false)]}, false], // the first one, if none was marked
		[{type: "select-one", value: "a", options: [option(true, true)]}, false],
	]) assert.equal(isChanged(field), want, JSON.stringify(field));
});
