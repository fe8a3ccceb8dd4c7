import assert from "node:assert/strict";
import test from "node:test";

import {isExpired, needsSignIn, outcomeText} from "./answers.js";

test("a command without our answer is not known, unless it was not sent or refused in front", () => {
	for (const [outcome, want] of [
		[{method: "POST", sent: false}, ["unsent", ""]], [{method: "GET", sent: false}, ["unsent", ""]], [{method: "POST", sent: false, status: 502}, ["unsent", ""]],
		[{method: "POST", sent: true}, ["unreachable", ""]],
		[{method: "POST", sent: true, status: 502}, ["unreachable", ""]], [{method: "POST", sent: true, status: 500}, ["unreachable", ""]],
		[{method: "POST", sent: true, status: 200}, ["unreachable", ""]], [{method: "POST", sent: true, status: 302}, ["unreachable", ""]],
		[{method: "POST", sent: true, status: 399}, ["unreachable", ""]],
		[{method: "POST", sent: true, status: 408}, ["unreachable", ""]], [{method: "POST", sent: true, status: 499}, ["unreachable", ""]],
		[{method: "POST", sent: true, status: 400}, ["refusedInFront", "400"]], [{method: "POST", sent: true, status: 403}, ["refusedInFront", "403"]],
		[{method: "POST", sent: true, status: 429}, ["refusedInFront", "429"]], [{method: "DELETE", sent: true, status: 401}, ["refusedInFront", "401"]],
	]) assert.deepEqual(outcomeText(outcome), want, JSON.stringify(outcome));
});

test("a body that is too large for the server in front is named, whatever carries it", () => {
	for (const method of ["POST", "GET"]) assert.deepEqual(outcomeText({method, sent: true, status: 413}), ["tooLargeInFront", ""]);
});

test("a request that only reads leaves nothing in doubt", () => {
	for (const method of ["GET", "HEAD"]) {
		assert.deepEqual(outcomeText({method, sent: true}), ["notReached", ""]);
		assert.deepEqual(outcomeText({method, sent: true, status: 502}), ["notReached", ""]);
	}
});

const answer = (status, code) => ({status, headers: new Headers(code ? {"Callboard-Answer": code} : {})});

test("only our own 401 ends the session, and only that of sipgate asks to sign in there", () => {
	for (const [a, expired, again] of [
		[answer(401, "unauthenticated"), true, false], [answer(401, "sign_in_again"), false, true],
		[answer(401), false, false], [answer(401, "ok"), false, false],
		[answer(403, "unauthenticated"), false, false], [answer(200, "sign_in_again"), false, false],
	]) assert.deepEqual([isExpired(a), needsSignIn(a)], [expired, again], a.status + " " + a.headers.get("Callboard-Answer"));
});
