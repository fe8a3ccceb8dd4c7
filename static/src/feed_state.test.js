import assert from "node:assert/strict";
import test from "node:test";

import {feedState, listAge, shownAge, wallboardProblem} from "./feed_state.js";

const fine = {connected: true, before: true, replaced: false, polling: false, lostFor: 0, online: true, listed: true, age: 0};

test("the badge follows the connection and the age of the list", () => {
	for (const [feed, state, problem] of [
		[{}, "live", ""], [{age: 4}, "live", ""], [{age: 5}, "catching", ""], [{age: 14}, "catching", ""], [{age: 15}, "catching", "stale"],
		[{listed: false}, "catching", ""],
		[{polling: true}, "polling", ""], [{polling: true, age: 5}, "catching", ""], [{polling: true, listed: false}, "catching", ""], [{polling: true, age: 15}, "catching", "stale"],
		[{connected: false, polling: true}, "connecting", "cut"],
	]) assert.deepEqual(feedState({...fine, ...feed}), {state, problem}, JSON.stringify(feed));
});

test("actions are off at once when the connection is lost, and after 5 s when there was none", () => {
	for (const [feed, state, problem] of [
		[{}, "connecting", "cut"], [{lostFor: 10_000}, "connecting", "cut"], [{lostFor: 10_001}, "offline", "cut"], [{age: 20}, "connecting", "cut"],
		[{before: false}, "connecting", ""], [{before: false, lostFor: 5000}, "connecting", ""], [{before: false, lostFor: 5001}, "connecting", "cut"],
		[{before: false, age: 15}, "connecting", "stale"], [{before: false, age: 14}, "connecting", ""],
		[{replaced: true}, "paused", "tabs"], [{replaced: true, lostFor: 20_000, age: 20}, "paused", "tabs"], [{replaced: true, online: false}, "offline", "away"],
		[{online: false}, "offline", "away"], [{online: false, before: false}, "offline", "away"], [{online: false, lostFor: 20_000, age: 20}, "offline", "away"],
	]) assert.deepEqual(feedState({...fine, connected: false, ...feed}), {state, problem}, JSON.stringify(feed));
	assert.deepEqual(feedState({...fine, online: false}), {state: "live", problem: ""}, "a server on the same computer needs no network");
});

test("the age is shown when it says something", () => {
	assert.deepEqual([0, 5, 6, 90].map(shownAge), [0, 0, 6, 90]);
});

test("a list that never was has no age, and none is younger than now", () => {
	assert.equal(listAge(0, 5000), 0);
	assert.equal(listAge(5000, 4000), 0);
	assert.equal(listAge(1000, 4999), 3);
});

test("a wallboard says why its list is old", () => {
	for (const [feed, problem] of [
		[{}, ""], [{age: 14}, ""], [{age: 15}, "stale"], [{listed: false, age: 99}, "never"],
		[{connected: false, lostFor: 4000}, ""], [{connected: false, lostFor: 4001, listed: false}, "cut"],
	]) assert.equal(wallboardProblem({...fine, ...feed}), problem, JSON.stringify(feed));
});
