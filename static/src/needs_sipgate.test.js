import assert from "node:assert/strict";
import test from "node:test";

import {needsSipgate} from "./needs_sipgate.js";

test("what sipgate carries out needs a sign-in there, and nothing else does", () => {
	for (const address of ["/calls", "/calls/new", "/calls/new?to=%2B49", "/calls/x/hold", "/calls/x/transfer?to=1", "/calls/hangup",
		"/history/x/note", "/history/x/star", "/history/x/archive", "/history/x/read", "/status/webhooks", "/announcements/x/play-to-me"]) {
		assert.equal(needsSipgate(address), true, address);
	}
	for (const address of ["", "/", "/login", "/logout", "/callsx", "/calls/x/notes", "/calls/x/claim", "/calls/x/undo", "/settings/display", "/history", "/history/x",
		"/history?q=/calls/new", "/status/platform", "/announcements/x/rename", "/announcements", "/team/w0/role", "/x/calls"]) {
		assert.equal(needsSipgate(address), false, address);
	}
});
